// The settings file in the state directory. The only file this folder writes.
#pragma once

#include <optional>
#include <string>

namespace gridbridge {

// Publisher thread, and main before it starts. An empty directory name means: nothing is kept.
class StateFile {
  public:
    explicit StateFile(std::string directory) : directory_(std::move(directory)) {}

    // Nothing when there is no file yet. Throws std::runtime_error (path, reason, fix) when it cannot be
    // read.
    std::optional<std::string> load() const;
    // A file that is no settings file is kept under another name, which is returned.
    std::string set_aside() const;
    // The state before the last save(), or nothing.
    std::optional<std::string> load_last_good() const;
    // A copy of the file, named by the suffix, that is never overwritten. Returns its path.
    std::string keep_copy(const std::string& suffix) const;
    // Writes a temporary file, syncs, renames over the old one and syncs the directory: after a power failure
    // the file is either the old or the new one. The old one stays as settings.json.bak. Throws
    // std::runtime_error (path, reason, fix).
    void save(const std::string& text) const;
    // Why the directory cannot be written; empty when it can. Creates the directory when it is missing.
    std::string why_not_writable() const;

    std::string path() const { return directory_ + "/settings.json"; }
    const std::string& directory() const { return directory_; }

  private:
    std::string directory_;
};

} // namespace gridbridge
