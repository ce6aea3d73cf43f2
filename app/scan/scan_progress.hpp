// What the scan is doing, for people: on standard error, as one changing line on a terminal and a line now
// and then elsewhere, or for somebody else.
#pragma once

#include "drivers/waist/clock.hpp"

#include <functional>
#include <mutex>
#include <ostream>
#include <string>
#include <utility>

namespace gridbridge {

struct TargetReport;

class ScanProgress {
  public:
    // `columns` of the terminal; 0: not a terminal.
    ScanProgress(std::ostream& out, int columns) : out_(&out), columns_(columns) {}
    // Called under a lock, on any thread, with each text.
    explicit ScanProgress(std::function<void(const std::string&)> take) : take_(std::move(take)) {}
    // Called on any thread with all that was found at one target so far.
    std::function<void(const TargetReport& report)> on_found;

    // Any thread.
    void show(const std::string& text, Clock::time_point now = Clock::now());
    void print(const std::string& line); // stays
    void clear();

  private:
    std::ostream* const out_ = nullptr; // none: take_
    const int columns_ = 0;
    const std::function<void(const std::string&)> take_;
    std::mutex mutex_;
    Clock::time_point next_{};
};

} // namespace gridbridge
