#include "drivers/modbus/transaction_machine.hpp"

#include <algorithm>
#include <utility>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;

// EVerest: first contact 10 attempts 2 s apart; after a failed cycle 10 s.
constexpr int first_contact_attempts = 10;
constexpr auto first_contact_delay = 2s;
constexpr auto pause_after_failure = 10s;
constexpr auto clock_wait = 2s; // straight after a power failure the time is not taken
constexpr auto house_beat = 250ms;

bool is_under_way(std::optional<TransactionState> state) {
    return state && *state != TransactionState::Idle && *state != TransactionState::Error;
}

} // namespace

TransactionMachine::TransactionMachine(SourceId source, TransactionOptions options, TransactionDesk& desk,
                                       WallClock wall_clock)
    : source_(source), options_(options), desk_(desk), wall_clock_(std::move(wall_clock)),
      supported_(options.supported) {}

void TransactionMachine::meter_found(std::string serial, Clock::time_point now) {
    serial_ = std::move(serial);
    first_found_ = first_found_.value_or(now);
    supported_ = options_.supported;
    present_ = true;
    interrupt();
    not_before_ = now;
    clock_due_ = now + clock_wait;
    clock_was_tried_ = false;
}

void TransactionMachine::meter_lost(Clock::time_point now) {
    if (present_) {
        interrupt();
        present_ = false;
        if (is_under_way(told_state_)) {
            tell_state(TransactionState::Error);
        }
    }
    keep_house(now);
}

// What was under way is not continued but looked up in the meter again, from the start-up on.
void TransactionMachine::interrupt() {
    job_.reset();
    step_ = Step::Rest;
    writes_.clear();
    attempts_ = fetches_ = confirms_ = 0;
    settled_ = false;
    if (wish_) {
        wish_->looked = false;
        wish_->attempts = 0;
    }
}

void TransactionMachine::fail(const std::string& reason, Clock::time_point now) {
    if (last_failure_ != reason) { // said once until it went well
        last_failure_ = reason;
        messages_.push_back("transactions: " + reason + "; begins anew in 10 s");
    }
    interrupt();
    not_before_ = now + pause_after_failure;
    if (is_under_way(told_state_)) {
        tell_state(TransactionState::Error);
    }
}

std::optional<RegisterRequest> TransactionMachine::next(Clock::time_point now) {
    keep_house(now);
    if (!present_ || !supported_ || !outbox_.empty() || now < not_before_) {
        return std::nullopt;
    }
    if (!job_) {
        choose(now);
    }
    if (!job_ || now < not_before_) {
        return std::nullopt;
    }
    if (step_ == Step::Begin && wish_) { // whatever the answer: it may have begun
        ++wish_->begins;
        wish_->begun_at = now;
        wish_->begin_answered = false;
        wish_->refused = 0;
    }
    return job_->request();
}

Clock::time_point TransactionMachine::due(Clock::time_point now) const {
    if (!present_ || !supported_ || !outbox_.empty()) {
        return now + house_beat;
    }
    const bool waits = !job_ && settled_;
    const auto wanted =
        waits ? std::max(not_before_, has_unconfirmed() ? now + house_beat : look_due_) : not_before_;
    return std::min(wanted, now + house_beat);
}

std::vector<std::string> TransactionMachine::take_messages() {
    return std::exchange(messages_, {});
}

// Nothing is under way: what comes next.
void TransactionMachine::choose(Clock::time_point now) {
    if (!settled_) {
        go(Step::SignatureType, RegisterJob::read(ocmf::signature_type, 1));
        return;
    }
    if (has_unconfirmed()) {
        if (told_->kept) {
            go(Step::Confirm, RegisterJob::write(ocmf::state, {0}));
        } else {
            judge_closed();
        }
        return;
    }
    if ((wish_ && !wish_->looked) || now >= look_due_) {
        look();
    }
}

void TransactionMachine::go(Step step, RegisterJob job) {
    step_ = step;
    job_ = std::move(job);
}

void TransactionMachine::look() {
    look_counts_ = wish_.has_value();
    go(Step::State, RegisterJob::read(ocmf::state, 1));
}

void TransactionMachine::rest(Clock::time_point look_due) {
    job_.reset();
    step_ = Step::Rest;
    writes_.clear();
    look_due_ = look_due;
}

void TransactionMachine::answered(const RegisterAnswer& answer, Clock::time_point now) {
    if (!job_) {
        return;
    }
    switch (answer.kind) {
    case RegisterAnswer::Kind::Lost:
        lost_answer(now);
        return;
    case RegisterAnswer::Kind::Refused:
        refused(answer.exception, now);
        return;
    case RegisterAnswer::Kind::Good:
        break;
    }
    attempts_ = 0;
    const RegisterRequest request = job_->request();
    if (answer.words.size() != request.words) {
        lost_answer(now);
        return;
    }
    if (job_->take(answer.words)) {
        const std::vector<std::uint16_t> words = std::move(*job_).words();
        job_.reset();
        finished(words, now);
    }
}

// Reads are simply repeated. What was written may have been done: the meter is looked at first.
void TransactionMachine::lost_answer(Clock::time_point now) {
    const int limit = contacted_ ? options_.retries : first_contact_attempts;
    const auto delay = contacted_ ? options_.retry_delay : first_contact_delay;
    int& attempts = step_ == Step::StartWrite && wish_ ? wish_->attempts : attempts_;
    if (++attempts >= limit) {
        fail("the meter does not answer", now);
        return;
    }
    not_before_ = now + delay;
    switch (step_) {
    case Step::StartWrite: // a meter that had no power in between has forgotten what was written before
        if (wish_) {
            wish_->looked = false;
        }
        rest(now);
        break;
    case Step::Begin:
        if (wish_) {
            wish_->looked = false;
        }
        rest(not_before_);
        break;
    case Step::End:
    case Step::Confirm:
        rest(not_before_);
        look();
        break;
    default:
        break;
    }
}

void TransactionMachine::refused(std::uint8_t exception, Clock::time_point now) {
    const std::string text = "register " + std::to_string(number_of(job_->request().address)) +
                             " is refused (exception " + std::to_string(exception) + ")";
    switch (step_) {
    case Step::SignatureType:
        signature_type_read(2, now);
        break;
    case Step::StartWrite:
        if (wish_) {
            answer(TransactionReason::Invalid, text);
        }
        rest(now);
        break;
    case Step::Begin:
        if (wish_) {
            wish_->refused = exception;
            wish_->looked = false;
        }
        rest(now);
        break;
    case Step::End:
        rest(now);
        look();
        break;
    case Step::Confirm:
        not_before_ = now + options_.retry_delay;
        rest(not_before_);
        look();
        break;
    case Step::FileSize:
    case Step::File:
        fetched_in_vain(now, text);
        break;
    case Step::Number:
        take_record(now);
        break;
    case Step::ClockTime:
    case Step::ClockOffset:
        if (!clock_was_tried_) {
            messages_.push_back("its clock cannot be set: " + text);
        }
        clock_due_ = now + 1min;
        clock_was_tried_ = true;
        rest(now);
        break;
    default:
        fail(text, now);
    }
}

void TransactionMachine::finished(const std::vector<std::uint16_t>& words, Clock::time_point now) {
    switch (step_) {
    case Step::Rest:
        break;
    case Step::SignatureType:
        signature_type_read(words.at(0), now);
        break;
    case Step::RawKey:
    case Step::DerKey:
        key_read(words);
        break;
    case Step::State:
        state_read(words.at(0), now);
        break;
    case Step::Text:
        id_ = ocmf::id_behind_marker(ocmf::decode_text(words));
        if (state_ == ocmf::State::Running || state_ == ocmf::State::NotReady) {
            settle(now);
        } else {
            go(Step::FileSize, RegisterJob::read(ocmf::file_size, 1));
        }
        break;
    case Step::FileSize:
        file_size_read(words.at(0), now);
        break;
    case Step::File:
        file_ = ocmf::decode_text(words);
        file_read(now);
        break;
    case Step::Number:
        id_ = "T" + std::to_string(words.at(0) | std::uint32_t{words.at(1)} << 16);
        take_record(now);
        break;
    case Step::Confirm:
        confirm(now);
        break;
    case Step::StartWrite:
        written();
        break;
    case Step::Begin:
        if (wish_) {
            wish_->begin_answered = true;
        }
        look();
        break;
    case Step::End:
        if (closing_) {
            closing_->answered = true;
        }
        look();
        break;
    case Step::ClockTime:
    case Step::ClockOffset:
        if (!write_clock(now)) {
            clock_due_ = now + 1h;
            clock_was_tried_ = true;
            rest(now);
        }
        break;
    }
}

} // namespace gridbridge
