// The part of TransactionMachine that talks to the desk: wishes are taken and answered, events are told.
#include "drivers/modbus/transaction_machine.hpp"

#include <utility>

namespace gridbridge {

void TransactionMachine::keep_house(Clock::time_point now) {
    while (const auto kept = desk_.take_kept(source_)) {
        if (told_ && told_->record.transaction_id == kept->transaction_id) {
            told_->kept = true;
        }
    }
    take_wish(now);
    if (wish_ && now >= wish_->since + options_.timeout) {
        if (closing_ && std::holds_alternative<StopTransaction>(wish_->what)) {
            closing_->given_up = true;
        }
        answer(TransactionReason::Timeout, present_ ? "the meter is not ready" : "the meter does not answer");
        if (step_ == Step::StartWrite || step_ == Step::Begin) { // not sent, and no longer wanted
            rest(now);
        }
    }
    while (!outbox_.empty() && desk_.tell(source_, outbox_.front())) {
        outbox_.pop_front();
    }
}

void TransactionMachine::take_wish(Clock::time_point now) {
    while (!wish_) {
        auto what = desk_.wish(source_);
        if (!what) {
            return;
        }
        wish_ = Wish{std::move(*what), now};
        if (auto result = answer_at_once()) {
            answer(result->reason, result->detail);
        }
    }
}

// What needs no look at the meter.
std::optional<TransactionResult> TransactionMachine::answer_at_once() const {
    const auto result = [](TransactionReason reason, std::string detail = {}) {
        return TransactionResult{{}, reason, false, std::move(detail), false};
    };
    if (!supported_) {
        return result(TransactionReason::NotSupported, "this meter does not sign");
    }
    const auto* start = std::get_if<StartTransaction>(&wish_->what);
    if (start != nullptr) {
        if (std::string problem = ocmf::problem_with(*start); !problem.empty()) {
            return result(TransactionReason::Invalid, std::move(problem));
        }
    }
    const std::string& id =
        start != nullptr ? start->transaction_id : std::get<StopTransaction>(wish_->what).transaction_id;
    const bool is_told = told_ && told_->confirmed && told_->record.transaction_id == id;
    if (is_told && told_->record.corrupted && start == nullptr) {
        return result(TransactionReason::Corrupted);
    }
    if (desk_.has_record(id) || (is_told && !told_->record.corrupted)) {
        return result(TransactionReason::AlreadyClosed);
    }
    return std::nullopt;
}

void TransactionMachine::answer(TransactionReason reason, std::string detail) {
    TransactionResult result{{}, reason, false, std::move(detail), false};
    if (const auto* start = std::get_if<StartTransaction>(&wish_->what)) {
        result.transaction_id = start->transaction_id;
        result.tariff_shortened =
            reason == TransactionReason::None && start->tariff_text.size() > ocmf::max_tariff_bytes;
    } else {
        result.transaction_id = std::get<StopTransaction>(wish_->what).transaction_id;
        result.is_stop = true;
    }
    wish_.reset();
    desk_.done(source_);
    tell(std::move(result));
}

void TransactionMachine::tell(TransactionEvent event) {
    outbox_.push_back(std::move(event));
}

void TransactionMachine::tell_state(TransactionState state) {
    if (told_state_ != state) {
        told_state_ = state;
        tell(state);
    }
}

} // namespace gridbridge
