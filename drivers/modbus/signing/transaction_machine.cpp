#include "drivers/modbus/signing/transaction_machine.hpp"

#include <algorithm>
#include <utility>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;

constexpr auto pause_after_failure = 10s; // EVerest
constexpr auto house_beat = 250ms;

} // namespace

TransactionMachine::TransactionMachine(SourceId source, TransactionOptions options, TransactionDesk& desk,
                                       WallClock wall_clock)
    : options_(options), runner_(options.retries, options.retry_delay), outbox_(source, desk),
      receipt_(options.retries), inbox_(source, desk, outbox_, receipt_), keys_(inbox_, outbox_, warnings_),
      side_(outbox_, keys_), look_(options.ready_timeout),
      record_(inbox_, outbox_, receipt_, keys_, options.retries),
      course_(inbox_, outbox_, receipt_, ClockWriter(std::move(wall_clock), options.utc_offset),
              options.ready_timeout) {}

void TransactionMachine::meter_found(std::string serial, Clock::time_point now, bool may_sign) {
    if (serial_ != serial) {
        side_.forget_running();
    }
    serial_ = serial;
    record_.meter_found(std::move(serial));
    look_.meter_found(now);
    keys_.meter_found(may_sign);
    present_ = true;
    interrupt();
    runner_.pause_until(now);
    course_.meter_found(now);
}

void TransactionMachine::meter_lost(Clock::time_point now) {
    if (present_) {
        interrupt();
        present_ = false;
        if (outbox_.is_under_way()) {
            outbox_.tell_state(TransactionState::Error);
        }
    }
    exchange_with_desk(now);
}

// What was under way is not continued but looked up in the meter again, from the start-up on.
void TransactionMachine::interrupt() {
    runner_.rest();
    runner_.forget_attempts();
    course_.stop_writing();
    record_.interrupted();
    settled_ = false;
    if (ClientRequest* const request = inbox_.request()) {
        request->interrupted();
    }
}

void TransactionMachine::fail(const std::string& reason, Clock::time_point now) {
    warnings_.add_failure(reason);
    interrupt();
    runner_.pause_until(now + pause_after_failure);
    if (outbox_.is_under_way()) {
        outbox_.tell_state(TransactionState::Error);
    }
}

void TransactionMachine::exchange_with_desk(Clock::time_point now) {
    inbox_.collect(now, is_supported());
    if (inbox_.wants_value()) {
        side_.want_value(SignedValue::Occasion::Request,
                         side_.running() ? side_.running()->transaction_id.value_or("") : "");
    }
    if (!present_ || !is_supported()) {
        side_.refuse_values();
    }
    const ClientRequest* const request = inbox_.request();
    if (request != nullptr && request->has_expired(now, options_.timeout)) {
        if (request->is_stop()) {
            course_.give_up_closing();
        }
        inbox_.answer(TransactionReason::Timeout,
                      present_ ? "the meter is not ready" : "the meter does not answer");
        if (runner_.step() == Step::StartWrite || runner_.step() == Step::Begin) { // no longer wanted
            rest(now);
        }
    }
    outbox_.flush();
}

// Whether the meter may be asked anything; the desk comes first.
bool TransactionMachine::is_ready() const {
    return present_ && is_supported() && outbox_.is_empty();
}

std::optional<RegisterRequest> TransactionMachine::next(Clock::time_point now) {
    exchange_with_desk(now);
    if (!is_ready() || now < runner_.not_before()) {
        return std::nullopt;
    }
    if (!runner_.is_busy()) {
        choose(now);
    }
    if (!runner_.is_busy() || now < runner_.not_before()) {
        return std::nullopt;
    }
    if (ClientRequest* const request = inbox_.request(); request && runner_.step() == Step::Begin) {
        request->begin_sent(now);
    }
    return runner_.request();
}

Clock::time_point TransactionMachine::due(Clock::time_point now) const {
    if (!is_ready()) {
        return now + house_beat;
    }
    const bool waits = !runner_.is_busy() && settled_ && !side_.is_due(now);
    const auto look_due = receipt_.is_open() ? now + house_beat : look_due_;
    const auto wanted = waits ? std::max(runner_.not_before(), look_due) : runner_.not_before();
    return std::min(wanted, now + house_beat);
}

// Nothing is under way: what comes next.
void TransactionMachine::choose(Clock::time_point now) {
    if (!settled_) {
        runner_.go(KeyFetch::begin());
    } else if (receipt_.is_open() && receipt_.is_kept()) {
        runner_.go({Step::Confirm, RegisterJob::write(ocmf::state, {0})});
    } else if (receipt_.is_open()) {
        record_.refuse_other_stop();
    } else if (now >= look_due_ || (inbox_.request() != nullptr && !inbox_.request()->is_looked_at())) {
        look();
    } else if (auto side = side_.next(now)) {
        runner_.go(std::move(*side));
    }
}

void TransactionMachine::look() {
    look_.begin(inbox_.request() != nullptr);
    runner_.go({Step::State, RegisterJob::read(ocmf::state, 1)});
}

// Whoever rests knows the meter.
void TransactionMachine::rest(Clock::time_point look_due) {
    settled_ = true;
    runner_.contact_made();
    runner_.rest();
    course_.stop_writing();
    look_due_ = look_due;
}

void TransactionMachine::follow(const NextAction& next, Clock::time_point now) {
    if (const auto* const job = std::get_if<StepJob>(&next)) {
        runner_.go(*job);
    } else if (const auto* const pause = std::get_if<RestUntil>(&next)) {
        runner_.pause_until(std::max(runner_.not_before(), pause->not_before.value_or(Clock::time_point{})));
        rest(pause->look_due);
    } else if (const auto* const failed = std::get_if<BeginAnew>(&next)) {
        fail(failed->reason, now);
    } else {
        look();
    }
}

void TransactionMachine::answered(const RegisterAnswer& answer, Clock::time_point now) {
    switch (runner_.take(answer)) {
    case RequestRunner::Outcome::Unasked:
    case RequestRunner::Outcome::GoesOn:
        break;
    case RequestRunner::Outcome::Done:
        finished(runner_.words(), now);
        break;
    case RequestRunner::Outcome::Refused:
        refused(answer.exception, now);
        break;
    case RequestRunner::Outcome::Lost:
        lost_answer(now);
        break;
    }
}

// Reads are simply repeated. What was written may have been done: the meter is looked at first.
void TransactionMachine::lost_answer(Clock::time_point now) {
    const Step step = runner_.step();
    ClientRequest* const request = inbox_.request();
    const bool goes_on = step == Step::StartWrite && request != nullptr
                             ? runner_.retry(request->count_lost_write(), now)
                             : runner_.retry(now);
    if (!goes_on && SideReads::is_mine(step)) {
        side_.answered(step, {}, now);
        runner_.rest();
        runner_.forget_attempts();
    } else if (!goes_on) {
        fail("the meter does not answer", now);
    } else if (step == Step::StartWrite) { // a meter without power in between has forgotten what was written
        inbox_.set_looked_at(false);
        rest(now);
    } else if (step == Step::Begin) {
        inbox_.set_looked_at(false);
        rest(runner_.not_before());
    } else if (step == Step::End || step == Step::Confirm) {
        rest(runner_.not_before());
        look();
    }
}

void TransactionMachine::refused(std::uint8_t exception, Clock::time_point now) {
    const Step step = runner_.step();
    if (SideReads::is_mine(step)) {
        side_.answered(step, {}, now);
        runner_.rest();
        return;
    }
    const std::string text = "register " + std::to_string(number_of(runner_.request().address)) +
                             " is refused (exception " + std::to_string(exception) + ")";
    switch (step) {
    case Step::SignatureType:
        follow(keys_.refused(now), now);
        break;
    case Step::FileSize:
    case Step::File:
    case Step::Number:
        follow(record_.refused(step, text, look_, now), now);
        break;
    case Step::Confirm:
        runner_.pause_until(now + options_.retry_delay);
        look();
        break;
    case Step::StartWrite:
    case Step::Begin:
    case Step::End:
        follow(course_.refused(step, exception, text, now), now);
        break;
    case Step::ClockTime:
    case Step::ClockOffset:
        if (course_.clock_refused(now)) {
            warnings_.add("its clock cannot be set: " + text);
        }
        rest(now);
        break;
    default:
        fail(text, now);
    }
}

void TransactionMachine::finished(const std::vector<std::uint16_t>& words, Clock::time_point now) {
    const Step step = runner_.step();
    switch (step) {
    case Step::Rest:
        break;
    case Step::SignatureType:
    case Step::RawKey:
    case Step::DerKey:
        follow(keys_.answered(step, words, now), now);
        break;
    case Step::State:
        state_read(words.at(0), now);
        break;
    case Step::Text:
        text_read(words, now);
        break;
    case Step::FileSize:
    case Step::File:
    case Step::Number:
    case Step::Confirm:
        follow(record_.answered(step, words, look_, now), now);
        break;
    case Step::StartWrite:
    case Step::Begin:
    case Step::End:
    case Step::ClockTime:
    case Step::ClockOffset:
        follow(course_.answered(step, look_, now), now);
        break;
    case Step::SignedValue:
    case Step::ChargingStatus:
    case Step::LastId:
    case Step::ClockStatus:
    case Step::IdDefinition:
        side_.answered(step, words, now);
        runner_.rest();
        break;
    }
}

// While its record is on its way, a transaction still counts as the one that runs.
void TransactionMachine::look_at_running(Clock::time_point now) {
    if (look_.is_running()) {
        side_.looked(look_.id(), now);
    } else if (!course_.is_closing()) {
        side_.looked(std::nullopt, now);
    }
}

RecordCourse::Ending TransactionMachine::ending() const {
    if (course_.is_closing()) {
        return RecordCourse::Ending::Commanded;
    }
    return side_.was_running(look_.id()) ? RecordCourse::Ending::SeenRunning : RecordCourse::Ending::Unknown;
}

void TransactionMachine::state_read(std::uint16_t word, Clock::time_point now) {
    if (!look_.state_read(word)) {
        fail("its state is " + std::to_string(word), now);
        return;
    }
    const bool is_known = look_.is_running() && course_.is_closing() && settled_;
    if ((look_.is_idle() && !look_.is_fresh(now)) || is_known) {
        settle(now);
        return;
    }
    if (look_.has_record()) {
        const bool is_good = look_.state() == ocmf::State::Ready;
        outbox_.tell_state(is_good ? TransactionState::Stopping : TransactionState::Error);
    }
    runner_.go({Step::Text, RegisterJob::read(ocmf::text_register, ocmf::text_words)});
}

void TransactionMachine::text_read(const std::vector<std::uint16_t>& words, Clock::time_point now) {
    look_.text_read(words);
    if (look_.has_record()) {
        follow(record_.begin(look_, ending(), now), now);
    } else {
        settle(now);
    }
}

// The meter was looked at, and no record waits in it.
void TransactionMachine::settle(Clock::time_point now) {
    settled_ = true;
    runner_.contact_made();
    warnings_.went_well();
    inbox_.set_looked_at(look_.is_for_request());
    if (receipt_.is_open() && receipt_.is_kept()) {
        record_.confirmed();
        course_.closed();
        look_at_running(now);
        rest(now);
        return;
    }
    if (receipt_.is_open() && look_.is_idle()) {
        rest(now + ready_poll);
        return;
    }
    receipt_.close();
    follow(course_.looked(look_, now), now);
    look_at_running(now);
}

} // namespace gridbridge
