#include "tests/mill/virtual_disk.hpp"

#include <algorithm>
#include <exception>
#include <utility>

namespace gridbridge::mill {
namespace {

using namespace std::chrono_literals;

constexpr auto next_attempt = 1s;

} // namespace

Clock::duration VirtualDisk::pace(Clock::time_point now) const {
    return is(Trouble::SlowDisk, now) ? 2s : Clock::duration(5ms);
}

bool VirtualDisk::put(const std::string& key, FileJob job, FileDone done) {
    const auto now = Clock::now();
    const auto known = std::find_if(waiting_.begin(), waiting_.end(),
                                    [&](const Waiting& entry) { return entry.key == key; });
    if (known != waiting_.end()) {
        known->job = std::move(job);
        known->done = std::move(done);
    } else {
        waiting_.push_back({key, std::move(job), std::move(done), now + pace(now), {}});
    }
    return true;
}

void VirtualDisk::write(Waiting waiting, Clock::time_point now) {
    FileResult result{waiting.key, {}, {}};
    try {
        if (is(Trouble::FullDisk, now)) {
            result.error = waiting.key + ": no space left on device";
        } else {
            result.text = waiting.job();
        }
    } catch (const std::exception& error) {
        result.error = error.what();
    }
    const bool is_news = result.error.empty() || result.error != waiting.failure;
    const FileDone done = waiting.done;
    if (!result.error.empty()) {
        waiting.failure = result.error;
        waiting.due = now + next_attempt;
        waiting_.push_back(std::move(waiting));
    }
    if (is_news && done) {
        results_.emplace_back(done, std::move(result));
    }
}

void VirtualDisk::run_until(Clock::time_point now) {
    for (auto due = waiting_.begin(); due != waiting_.end();) {
        if (due->due > now) {
            ++due;
            continue;
        }
        Waiting waiting = std::move(*due);
        waiting_.erase(due);
        write(std::move(waiting), now);
        due = waiting_.begin();
    }
}

Clock::time_point VirtualDisk::next() const {
    Clock::time_point next = Clock::time_point::max();
    for (const Waiting& entry : waiting_) {
        next = std::min(next, entry.due);
    }
    return next;
}

void VirtualDisk::deliver() {
    for (const auto& [done, result] : std::exchange(results_, {})) {
        done(result);
    }
}

std::vector<std::string> VirtualDisk::failing() const {
    std::vector<std::string> reasons;
    for (const Waiting& entry : waiting_) {
        if (!entry.failure.empty()) {
            reasons.push_back(entry.failure);
        }
    }
    return reasons;
}

bool VirtualDisk::finish(std::chrono::milliseconds limit) {
    const auto now = Clock::now();
    if (pace(now) <= limit) {
        for (Waiting& waiting : std::exchange(waiting_, {})) {
            write(std::move(waiting), now);
        }
    }
    return waiting_.empty();
}

} // namespace gridbridge::mill
