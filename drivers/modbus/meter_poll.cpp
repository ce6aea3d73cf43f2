#include "drivers/modbus/meter_poll.hpp"

#include <algorithm>
#include <utility>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;

constexpr auto slow_min_age = 1s;
constexpr auto slow_max_age = 4s;
constexpr Clock::time_point
    at_once{}; // not "now": a meter that is only just due would wait for all overdue ones
constexpr std::size_t max_slow_on_full_bus = 4; // per cycle, so that control values keep their share

} // namespace

MeterPoll::MeterPoll(const std::vector<Block>& first, std::vector<Block> cycle,
                     std::chrono::milliseconds interval, std::optional<Clock::duration> phase)
    : blocks_(std::move(cycle)), interval_(interval), phase_(phase) {
    std::erase_if(blocks_, [](const Block& block) { return block.pace == Pace::Once; });
    fast_ = static_cast<std::size_t>(std::count_if(
        blocks_.begin(), blocks_.end(), [](const Block& block) { return block.pace == Pace::Fast; }));
    first_ = blocks_.size();
    read_at_.resize(first_);
    blocks_.insert(blocks_.end(), first.begin(), first.end());
}

MeterPoll::Task MeterPoll::next(Clock::time_point now) const {
    if (!has_all()) {
        return {first_, given_up_ ? due_ : at_once, false};
    }
    if (given_up_) {
        return {fast_ > 0 ? 0 : next_slow(), due_, true};
    }
    if (fast_cursor_ > 0 && fast_cursor_ < fast_) {
        return {fast_cursor_, at_once, false};
    }
    if (fast_cursor_ == fast_ && slow_is_wanted(now)) {
        return {next_slow(), at_once, false};
    }
    // Without fast rows the slow ones make the cycle.
    return {fast_ > 0 ? 0 : next_slow(), due_, true};
}

bool MeterPoll::slow_is_wanted(Clock::time_point now) const {
    if (fast_ == 0 || first_ == fast_) {
        return false;
    }
    if (retry_slow_) {
        return true;
    }
    const auto age = now - read_at_[next_slow()];
    if (age < slow_min_age) {
        return false;
    }
    const bool has_time = now + slow_takes_ <= due_;
    const bool would_be_too_old = age + period_ > slow_max_age && slow_in_cycle_ < max_slow_on_full_bus;
    return slow_in_cycle_ == 0 || has_time || would_be_too_old;
}

// Of the cycle that starts now. Keeps the beat, but never runs after lost time.
Clock::time_point MeterPoll::beat_after(Clock::time_point now) const {
    const bool is_first = due_ == Clock::time_point{};
    if (!is_first && now - due_ >= interval_) {
        return now;
    }
    if (phase_ && interval_ > 0ms) {
        return now + interval_ - (now.time_since_epoch() + interval_ - *phase_) % interval_;
    }
    return (is_first ? now : due_) + interval_;
}

void MeterPoll::started(const Task& task, Clock::time_point now) {
    request_started_ = now;
    given_up_ = false;
    if (task.starts_cycle) {
        period_ = cycle_start_ == Clock::time_point{} ? Clock::duration{} : now - cycle_start_;
        cycle_start_ = now;
        due_ = beat_after(now);
        fast_cursor_ = 0;
        slow_in_cycle_ = 0;
    }
}

bool MeterPoll::end_first_block(std::size_t block) {
    blocks_.erase(blocks_.begin() + static_cast<std::ptrdiff_t>(block));
    fast_cursor_ = fast_;
    return has_all();
}

bool MeterPoll::succeeded(const Task& task, Clock::time_point now) {
    if (!has_all()) {
        if (read_at_.front() == Clock::time_point{}) { // as old as the oldest value of the reading
            std::fill(read_at_.begin(), read_at_.end(), now);
        }
        return end_first_block(task.block);
    }
    read_at_[task.block] = now;
    if (task.block < fast_) {
        ++fast_cursor_;
        return fast_cursor_ == fast_;
    }
    retry_slow_ = false;
    slow_takes_ = std::max(now - request_started_, slow_takes_ * 7 / 8);
    slow_cursor_ = (slow_cursor_ + 1) % (first_ - fast_);
    ++slow_in_cycle_;
    return fast_ == 0;
}

void MeterPoll::failed(const Task& task) {
    if (has_all() && task.block >= fast_) {
        retry_slow_ = true;
    } else if (has_all() && fast_cursor_ == 0) {
        due_ = cycle_start_; // at once, not at the next beat
    }
}

void MeterPoll::give_up(Clock::time_point now) {
    given_up_ = true;
    retry_slow_ = false;
    fast_cursor_ = fast_;
    due_ = std::max(now, (cycle_start_ == Clock::time_point{} ? request_started_ : cycle_start_) + interval_);
}

std::vector<Block> MeterPoll::slow_before(Clock::time_point then) const {
    std::vector<Block> old;
    for (std::size_t i = fast_; i < first_; ++i) {
        if (read_at_[i] < then) {
            old.push_back(blocks_[i]);
        }
    }
    return old;
}

bool MeterPoll::remove(const Task& task) {
    const bool was_first_reading = !has_all();
    const Block gone = blocks_[task.block];
    for (std::size_t i = first_; i > 0; --i) {
        const Block& block = blocks_[i - 1];
        if (!block.optional || block.address != gone.address) {
            continue;
        }
        fast_ -= i - 1 < fast_ ? 1 : 0;
        blocks_.erase(blocks_.begin() + static_cast<std::ptrdiff_t>(i - 1));
        read_at_.erase(read_at_.begin() + static_cast<std::ptrdiff_t>(i - 1));
        --first_;
    }
    retry_slow_ = false;
    const std::size_t slow = first_ - fast_;
    slow_cursor_ = slow == 0 ? 0 : slow_cursor_ % slow;
    fast_cursor_ = std::min(fast_cursor_, fast_);
    return was_first_reading && end_first_block(first_);
}

} // namespace gridbridge
