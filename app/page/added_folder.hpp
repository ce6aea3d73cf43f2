// The files of meters that the page has added, on disk. Waits for it.
#pragma once

#include "app/config/added_meters.hpp"

#include <optional>
#include <string>
#include <vector>

namespace gridbridge {

// One thread at a time. Names are those of is_added_file().
class AddedFolder {
  public:
    explicit AddedFolder(const std::string& state_dir);

    // Empty: nothing can be kept.
    const std::string& folder() const { return folder_; }
    std::string path_of(const std::string& name) const { return folder_ + "/" + name; }
    std::vector<AddedFile> files() const;
    std::optional<std::string> read(const std::string& name) const;
    // Whole or not at all, also when the power fails meanwhile. Throws std::runtime_error (path, reason,
    // fix).
    void write(const std::string& name, const std::string& text) const;
    // False: there is no such file. Throws std::runtime_error (path, reason, fix).
    bool remove(const std::string& name) const;

  private:
    std::string state_dir_, folder_;
};

} // namespace gridbridge
