// The log of limits on disk: what it says at the start, and lines behind it.
#pragma once

#include "drivers/waist/log.hpp"
#include "mqtt/files/file_writer.hpp"
#include "mqtt/limits/limit_entry.hpp"
#include "mqtt/limits/limit_log.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace gridbridge {

// Publisher thread, and main before it starts. `files` must outlive it.
class LimitFile {
  public:
    static constexpr std::size_t most_waiting = 1 << 20; // bytes that the disk has not taken

    // `path` empty: nothing is kept. A file that is no sound log is left as it is, with a warning, and the
    // lines are chained to its last sound one, behind its end.
    LimitFile(std::string path, FileWriter& files, const Log& log);

    bool keeps() const { return !path_.empty(); }
    // A line of this object, on its way to the disk. False: too much waits for the disk.
    bool append(std::string_view object);
    // Of the newest line, also one that is on its way.
    const LimitLogHead& head() const { return head_; }
    // Called by FileWriter::deliver() with the newest line that is on disk.
    void on_disk(std::function<void(const LimitLogHead& head)> done) { done_ = std::move(done); }

    // That have not ended, by serial number; of an earlier run too.
    const std::map<std::string, LoggedLimit>& in_force() const { return in_force_; }

  private:
    void read(const Log& log);
    void note(std::string_view line);
    void write();

    std::string path_;
    FileWriter& files_;
    Log log_;
    std::map<std::string, LoggedLimit> in_force_;
    LimitLogHead head_;
    std::uint64_t kept_ = 0; // bytes on disk
    std::string waiting_;    // behind them
    std::function<void(const LimitLogHead& head)> done_;
};

// Looks at a whole log: how many sound lines it has, and what is wrong with the next.
struct LimitLogCheck {
    LimitLogHead head;
    std::uint64_t bytes = 0; // of sound lines
    std::string problem;     // of line `head.lines + 1`; empty: none
    bool is_cut_off = false; // its last line has no end: the power failed while it was written
};
// Throws std::runtime_error (path, reason, fix). `each` is called with each sound line.
LimitLogCheck check_limit_log(const std::string& path,
                              const std::function<void(std::string_view line)>& each = {});

} // namespace gridbridge
