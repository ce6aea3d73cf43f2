// The part of TransactionMachine that starts up, and that brings a closed transaction home: fetch, tell, wait
// until it is kept, confirm.
#include "drivers/modbus/transaction_machine.hpp"

#include <utility>

namespace gridbridge {

using State = ocmf::State;

void TransactionMachine::signature_type_read(std::uint16_t type, Clock::time_point now) {
    const auto layout = ocmf::key_layout(type);
    if (!layout) {
        supported_ = false;
        settled_ = contacted_ = true;
        messages_.emplace_back("it has no signing hardware: live values only, no transactions");
        told_state_.reset();
        if (wish_) {
            answer(TransactionReason::NotSupported, "this meter does not sign");
        }
        rest(now);
        return;
    }
    layout_ = *layout;
    go(Step::RawKey, RegisterJob::read(ocmf::raw_key, layout_.raw_words));
}

void TransactionMachine::key_read(const std::vector<std::uint16_t>& words) {
    if (step_ == Step::RawKey) {
        key_.raw = ocmf::raw_key_of(words);
        go(Step::DerKey, RegisterJob::read(ocmf::der_key, layout_.der_words));
        return;
    }
    key_.der = ocmf::der_key_of(words);
    if (key_.raw.empty() || key_.der.empty()) {
        messages_.emplace_back("its public key is unreadable: records cannot be checked with it");
    }
    if (key_ != key_told_) {
        key_told_ = key_;
        tell(key_);
    }
    look();
}

void TransactionMachine::state_read(std::uint16_t word, Clock::time_point now) {
    if (word > static_cast<std::uint16_t>(State::Corrupted)) {
        fail("its state is " + std::to_string(word), now);
        return;
    }
    state_ = static_cast<State>(word);
    if (state_ == State::NotReady) {
        id_.clear();
    }
    const bool is_fresh = now < *first_found_ + options_.ready_timeout; // see may_be_closing()
    if ((state_ == State::NotReady && !is_fresh) || (state_ == State::Running && closing_ && settled_)) {
        settle(now);
        return;
    }
    if (state_ == State::Ready) {
        tell_state(TransactionState::Stopping);
    } else if (state_ == State::Corrupted) {
        tell_state(TransactionState::Error);
    }
    go(Step::Text, RegisterJob::read(ocmf::text_register, ocmf::text_words));
}

void TransactionMachine::file_size_read(std::uint16_t words, Clock::time_point now) {
    if (words < 1 || words > ocmf::max_file_words) {
        fetched_in_vain(now, "its record cannot have " + std::to_string(words) + " words");
        return;
    }
    go(Step::File, RegisterJob::read(ocmf::file, words));
}

// Of a corrupted record whatever can be read is kept; of a good one nothing less than all.
void TransactionMachine::fetched_in_vain(Clock::time_point now, const std::string& reason) {
    if (state_ != State::Corrupted) {
        fail(reason, now);
        return;
    }
    file_.clear();
    file_is_corrupted_ = true;
    take_record(now);
}

// What reads the same twice is what the meter holds.
void TransactionMachine::file_read(Clock::time_point now) {
    const std::string id = ocmf::id_of_record(file_);
    const bool is_whole = state_ != State::Corrupted && ocmf::is_record(file_);
    const bool is_expected = is_whole && (id_.empty() || id == id_);
    if (state_ != State::Corrupted && !is_expected && !(has_file_before_ && file_ == file_before_)) {
        has_file_before_ = true;
        file_before_ = file_;
        if (++fetches_ > options_.retries) {
            fail("its record reads differently each time", now);
            return;
        }
        go(Step::FileSize, RegisterJob::read(ocmf::file_size, 1));
        return;
    }
    has_file_before_ = false;
    fetches_ = 0;
    file_is_corrupted_ = !is_whole;
    if (is_whole || id_.empty() || is_transaction_id(id)) {
        id_ = id;
    }
    take_record(now);
}

void TransactionMachine::take_record(Clock::time_point now) {
    if (id_.empty() && step_ != Step::Number) {
        go(Step::Number, RegisterJob::read(ocmf::number_register, 2));
        return;
    }
    TransactionRecord record{serial_, id_.empty() ? "T0" : id_, file_, key_, file_is_corrupted_};
    if (!told_ || told_->record != record) {
        told_ = Told{record, false, false};
        tell(std::move(record));
    }
    told_->confirmed = false;
    settled_ = contacted_ = true;
    rest(now);
}

void TransactionMachine::confirm(Clock::time_point now) {
    if (++confirms_ > options_.retries) {
        fail("it does not take that its record was read", now);
        return;
    }
    look();
}

void TransactionMachine::confirmed(Clock::time_point now) {
    told_->confirmed = true;
    confirms_ = 0;
    closing_.reset();
    const auto* stop = wish_ ? std::get_if<StopTransaction>(&wish_->what) : nullptr;
    if (stop != nullptr && stop->transaction_id == told_->record.transaction_id) {
        answer(told_->record.corrupted ? TransactionReason::Corrupted : TransactionReason::None);
    }
    tell_state(TransactionState::Idle);
    if (wish_) { // a Start that has waited, or a Stop of something else
        wish_->looked = false;
    }
    rest(now);
}

} // namespace gridbridge
