// What was logged, from any thread.
#pragma once

#include "drivers/driver.hpp"

#include <mutex>
#include <string>
#include <string_view>

namespace gridbridge {

// One line each: "component: text".
class LogBook {
  public:
    Log log() {
        return [this](LogLevel, std::string_view component, std::string_view text) {
            const std::lock_guard lock(mutex_);
            text_ += std::string(component) + ": " + std::string(text) + "\n";
        };
    }
    std::string text() const {
        const std::lock_guard lock(mutex_);
        return text_;
    }

  private:
    mutable std::mutex mutex_;
    std::string text_;
};

} // namespace gridbridge
