#include "mqtt/bridge/restore_wait.hpp"

#include <chrono>

namespace gridbridge {
namespace {

// Some brokers answer first, and then give what they kept.
constexpr std::chrono::seconds behind_the_answer{2};

} // namespace

void RestoreWait::asked(Clock::time_point now, bool answers) {
    if (is_over()) {
        return;
    }
    phase_ = answers ? Phase::Asked : Phase::Answered;
    until_ = now + behind_the_answer;
}

void RestoreWait::answered(Clock::time_point now) {
    if (phase_ == Phase::Asked) {
        phase_ = Phase::Answered;
        until_ = now + behind_the_answer;
    }
}

void RestoreWait::lost() {
    if (holds_back()) {
        phase_ = Phase::Away;
    }
}

Clock::time_point RestoreWait::passes_at() const {
    return phase_ == Phase::Answered ? until_ : Clock::time_point::max();
}

} // namespace gridbridge
