#include "drivers/modbus/signing/desk_outbox.hpp"

#include <utility>

namespace gridbridge {

void DeskOutbox::tell(TransactionEvent event) {
    events_.push_back(std::move(event));
}

void DeskOutbox::tell_state(TransactionState state) {
    if (state_ != state) {
        state_ = state;
        tell(state);
    }
}

bool DeskOutbox::is_under_way() const {
    return state_ && *state_ != TransactionState::Idle && *state_ != TransactionState::Error;
}

void DeskOutbox::flush() {
    while (!events_.empty() && desk_.tell(source_, events_.front())) {
        events_.pop_front();
    }
}

} // namespace gridbridge
