// What was logged, from any thread.
#pragma once

#include "drivers/waist/log.hpp"

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <string_view>

namespace gridbridge {

// One line each: "level component: text", the level as its number.
class LogBook {
  public:
    Log log() {
        return [this](LogLevel level, std::string_view component, std::string_view text) {
            const std::lock_guard lock(mutex_);
            text_ += std::to_string(static_cast<int>(level)) + " " + std::string(component) + ": " +
                     std::string(text) + "\n";
            changed_.notify_all();
        };
    }
    std::string text() const {
        const std::lock_guard lock(mutex_);
        return text_;
    }
    std::size_t count(std::string_view text) const {
        const std::string all = this->text();
        std::size_t found = 0;
        for (auto at = all.find(text); at != std::string::npos; at = all.find(text, at + text.size())) {
            ++found;
        }
        return found;
    }
    // Until it has been said, at most 60 s.
    bool wait_for(const std::string& text) {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, std::chrono::seconds(60),
                                 [&] { return text_.find(text) != std::string::npos; });
    }

  private:
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::string text_;
};

} // namespace gridbridge
