// What the scan is doing, on standard error: one changing line on a terminal, a line now and then elsewhere.
#pragma once

#include "drivers/waist/clock.hpp"

#include <mutex>
#include <ostream>
#include <string>

namespace gridbridge {

class ScanProgress {
  public:
    // `columns` of the terminal; 0: not a terminal.
    ScanProgress(std::ostream& out, int columns) : out_(out), columns_(columns) {}

    // Any thread.
    void show(const std::string& text, Clock::time_point now = Clock::now());
    void print(const std::string& line); // stays
    void clear();

  private:
    std::ostream& out_;
    const int columns_;
    std::mutex mutex_;
    Clock::time_point next_{};
};

} // namespace gridbridge
