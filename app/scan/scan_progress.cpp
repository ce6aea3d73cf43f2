#include "app/scan/scan_progress.hpp"

#include <chrono>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;

constexpr auto clear_line = "\r\x1B[K";

} // namespace

void ScanProgress::show(const std::string& text, Clock::time_point now) {
    const std::lock_guard lock(mutex_);
    if (take_) {
        take_(text);
        return;
    }
    if (now < next_) {
        return;
    }
    if (columns_ > 0) {
        *out_ << clear_line << text.substr(0, static_cast<std::size_t>(columns_) - 1) << std::flush;
        next_ = now + 50ms;
    } else {
        *out_ << text << std::endl;
        next_ = now + 5s;
    }
}

void ScanProgress::print(const std::string& line) {
    const std::lock_guard lock(mutex_);
    if (take_) {
        take_(line);
        return;
    }
    *out_ << (columns_ > 0 ? clear_line : "") << line << std::endl;
    next_ = {};
}

void ScanProgress::clear() {
    const std::lock_guard lock(mutex_);
    if (columns_ > 0) {
        *out_ << clear_line << std::flush;
    }
}

} // namespace gridbridge
