#include "drivers/modbus/meter_poll.hpp"

#include <algorithm>
#include <numeric>
#include <utility>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;

constexpr auto slow_min_age = 1s;
constexpr auto slow_max_age = 4s;
constexpr std::size_t max_slow_on_full_bus = 4; // per cycle, so that control values keep their share

} // namespace

MeterPoll::MeterPoll(std::vector<Block> blocks, std::chrono::milliseconds interval)
    : blocks_(std::move(blocks)), read_at_(blocks_.size()), unread_(blocks_.size()), interval_(interval),
      fast_(static_cast<std::size_t>(std::count_if(
          blocks_.begin(), blocks_.end(), [](const Block& block) { return block.pace == Pace::Fast; }))) {
    std::iota(unread_.begin(), unread_.end(), std::size_t{0});
}

MeterPoll::Task MeterPoll::next(Clock::time_point now) const {
    if (!has_all()) {
        return {unread_.front(), now, false};
    }
    if (fast_cursor_ > 0 && fast_cursor_ < fast_) {
        return {fast_cursor_, now, false};
    }
    if (fast_cursor_ == fast_ && slow_is_wanted(now)) {
        return {next_slow(), now, false};
    }
    // Without fast rows the slow ones make the cycle.
    return {fast_ > 0 ? 0 : next_slow(), due_, true};
}

bool MeterPoll::slow_is_wanted(Clock::time_point now) const {
    if (fast_ == 0 || blocks_.size() == fast_) {
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

void MeterPoll::started(const Task& task, Clock::time_point now) {
    request_started_ = now;
    if (task.starts_cycle) {
        period_ = cycle_start_ == Clock::time_point{} ? Clock::duration{} : now - cycle_start_;
        cycle_start_ = now;
        // Keeps the beat, but never runs after lost time.
        due_ = (due_ == Clock::time_point{} ? now : std::max(due_, now - interval_)) + interval_;
        fast_cursor_ = 0;
        slow_in_cycle_ = 0;
    }
}

bool MeterPoll::succeeded(const Task& task, Clock::time_point now) {
    read_at_[task.block] = now;
    if (!has_all()) {
        unread_.erase(unread_.begin());
        fast_cursor_ = fast_;
        return has_all();
    }
    if (task.block < fast_) {
        ++fast_cursor_;
        return fast_cursor_ == fast_;
    }
    retry_slow_ = false;
    slow_takes_ = std::max(now - request_started_, slow_takes_ * 7 / 8);
    slow_cursor_ = (slow_cursor_ + 1) % (blocks_.size() - fast_);
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

bool MeterPoll::remove(const Task& task) {
    const bool was_first_round = !has_all();
    std::erase(unread_, task.block);
    for (std::size_t& block : unread_) {
        block -= block > task.block ? 1 : 0;
    }
    const auto place = static_cast<std::ptrdiff_t>(task.block);
    blocks_.erase(blocks_.begin() + place);
    read_at_.erase(read_at_.begin() + place);
    retry_slow_ = false;
    if (task.block < fast_) {
        --fast_;
    }
    const std::size_t slow = blocks_.size() - fast_;
    slow_cursor_ = slow == 0 ? 0 : slow_cursor_ % slow;
    fast_cursor_ = was_first_round ? fast_ : std::min(fast_cursor_, fast_);
    return was_first_round && has_all();
}

} // namespace gridbridge
