// One process keeps its settings in a state directory.
#pragma once

#include "drivers/io/descriptor.hpp"

#include <chrono>
#include <string>

namespace gridbridge {

std::string lock_path(const std::string& directory);

// The lock is the kernel's: it ends with the process, however that ends.
class StateLock {
  public:
    // Nobody's.
    StateLock() = default;
    // Waits up to `limit` while another process has it: one that edits the settings needs a moment only.
    explicit StateLock(std::string directory, std::chrono::milliseconds limit = {});

    bool is_held() const { return file_.is_open(); }
    bool is_busy() const { return is_busy_; } // another process has it
    // Why it is not held, for people; (thing, reason, fix).
    const std::string& problem() const { return problem_; }
    const std::string& directory() const { return directory_; }

  private:
    std::string directory_;
    Descriptor file_;
    bool is_busy_ = false;
    std::string problem_;
};

} // namespace gridbridge
