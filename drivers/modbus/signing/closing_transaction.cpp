#include "drivers/modbus/signing/closing_transaction.hpp"

#include "drivers/modbus/signing/client_request.hpp"

namespace gridbridge {
namespace {

constexpr std::chrono::milliseconds late_poll{1000};
constexpr int patience = 6; // limits for the record until the state of the meter counts again

} // namespace

void ClosingTransaction::asked_again(Clock::time_point now) {
    if (given_up_) {
        given_up_ = false;
        since_ = now;
    }
}

bool ClosingTransaction::must_command_again(Clock::time_point now) const {
    return given_up_ || (!answered_ && now >= sent_at_ + reaction_time);
}

bool ClosingTransaction::is_hopeless(Clock::time_point now) const {
    return now >= since_ + patience * ready_timeout_;
}

Clock::time_point ClosingTransaction::next_look(Clock::time_point now) const {
    return now + (given_up_ ? late_poll : ready_poll);
}

} // namespace gridbridge
