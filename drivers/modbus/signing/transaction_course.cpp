#include "drivers/modbus/signing/transaction_course.hpp"

#include <algorithm>
#include <utility>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;

constexpr auto idle_poll = 5s; // a record may appear without us: power loss, the end of an earlier run

} // namespace

TransactionCourse::TransactionCourse(RequestInbox& inbox, DeskOutbox& outbox, const RecordReceipt& receipt,
                                     ClockWriter clock, std::chrono::milliseconds ready_timeout)
    : inbox_(inbox), outbox_(outbox), receipt_(receipt), ready_timeout_(ready_timeout),
      clock_(std::move(clock)) {}

NextAction TransactionCourse::looked(const MeterLook& look, Clock::time_point now) {
    if (closing_ && look.is_running() && look.id() != closing_->id()) {
        closing_.reset();
    }
    if (closing_) {
        return keep_closing(look, now);
    }
    if (look.is_running()) {
        outbox_.tell_state(TransactionState::Running);
    } else if (auto write = clock_.time_write(now); write && may_set_clock(look, now)) {
        inbox_.set_looked_at(false);
        return *write;
    }
    if (inbox_.request() != nullptr && inbox_.request()->is_looked_at()) {
        if (auto next = judge(look, now)) {
            return *next;
        }
    }
    auto look_due = now + idle_poll;
    if (look.is_idle()) {
        outbox_.tell_state(TransactionState::Idle);
        look_due = clock_.due() > now ? std::min(look_due, clock_.due()) : look_due;
    }
    return RestUntil{look_due};
}

// Nothing: the request was answered.
std::optional<NextAction> TransactionCourse::judge(const MeterLook& look, Clock::time_point now) {
    return inbox_.request()->is_stop() ? judge_stop(look, now) : judge_start(look, now);
}

std::optional<NextAction> TransactionCourse::judge_start(const MeterLook& look, Clock::time_point now) {
    if (look.is_running()) {
        const bool is_this = look.id() == inbox_.request()->transaction_id();
        inbox_.answer(is_this ? TransactionReason::None : TransactionReason::AlreadyRunning,
                      is_this ? "" : look.running_text());
        return std::nullopt;
    }
    if (inbox_.answer_at_once()) { // its record may be there by now
        return std::nullopt;
    }
    return judge_begin(look, now);
}

std::optional<NextAction> TransactionCourse::judge_begin(const MeterLook& look, Clock::time_point now) {
    ClientRequest& request = *inbox_.request();
    switch (request.begin_fate(now, ready_timeout_)) {
    case ClientRequest::Begin::Refused:
        inbox_.answer(TransactionReason::Invalid,
                      "the meter refuses to begin (exception " + std::to_string(request.exception()) + ")");
        return std::nullopt;
    case ClientRequest::Begin::Awaited:
        return look_again(now);
    case ClientRequest::Begin::Failed:
        request.begin_failed();
        break;
    case ClientRequest::Begin::NotSent:
        if (may_be_closing(look, now)) {
            return look_again(now);
        }
        break;
    }
    if (clock_.must_come_first()) {
        return set_clock_first(now);
    }
    outbox_.tell_state(TransactionState::Starting);
    writer_.begin(*request.start());
    return writer_.next();
}

std::optional<NextAction> TransactionCourse::judge_stop(const MeterLook& look, Clock::time_point now) {
    const std::string id = inbox_.request()->transaction_id();
    if (look.id() == id && may_be_closing(look, now)) {
        return look_again(now);
    }
    if (!look.is_running() || look.id() != id) {
        inbox_.answer(TransactionReason::UnknownTransaction,
                      look.is_running() ? look.running_text() : "no transaction is running");
        return std::nullopt;
    }
    return send_end(id, now);
}

NextAction TransactionCourse::look_again(Clock::time_point now) {
    inbox_.set_looked_at(false);
    return RestUntil{now + ready_poll, now + ready_poll};
}

NextAction TransactionCourse::set_clock_first(Clock::time_point now) {
    inbox_.set_looked_at(false);
    const auto time = std::min(clock_.due(), now + idle_poll);
    return RestUntil{time, time};
}

NextAction TransactionCourse::send_end(const std::string& id, Clock::time_point now) {
    outbox_.tell_state(TransactionState::Stopping);
    closing_.emplace(id, now, ready_timeout_);
    return StepJob{Step::End, RegisterJob::write(ocmf::command, {ocmf::end})};
}

// The end was commanded. Neither 1 nor 0 means that there will be no record.
NextAction TransactionCourse::keep_closing(const MeterLook& look, Clock::time_point now) {
    const ClientRequest* const request = inbox_.request();
    if (request != nullptr && request->is_looked_at() && !answer_while_closing(look, now)) {
        const std::string id = closing_->id();
        return send_end(id, now); // it was read back: the meter did not take it
    }
    if (closing_->is_hopeless(now)) {
        closing_.reset();
        return RestUntil{now};
    }
    outbox_.tell_state(TransactionState::Stopping);
    return RestUntil{closing_->next_look(now)};
}

// False: the command must be sent again.
bool TransactionCourse::answer_while_closing(const MeterLook& look, Clock::time_point now) {
    const ClientRequest& request = *inbox_.request();
    if (!request.is_stop_of(closing_->id())) {
        inbox_.answer(request.is_stop() ? TransactionReason::UnknownTransaction
                                        : TransactionReason::AlreadyRunning,
                      "transaction " + closing_->id() + " is being closed");
        return true;
    }
    if (look.is_running() && closing_->must_command_again(now)) {
        return false;
    }
    closing_->asked_again(now);
    if (closing_->is_late(now)) {
        closing_->give_up();
        inbox_.answer(TransactionReason::Timeout, "the meter has no record yet; it is fetched when it has");
    }
    return true;
}

NextAction TransactionCourse::answered(Step step, const MeterLook& look, Clock::time_point now) {
    switch (step) {
    case Step::StartWrite:
        return writer_.next();
    case Step::Begin:
        if (ClientRequest* const request = inbox_.request()) {
            request->begin_answered();
        }
        return LookNow{};
    case Step::End:
        if (closing_) {
            closing_->command_answered();
        }
        return LookNow{};
    default:
        return clock_written(step, look, now);
    }
}

NextAction TransactionCourse::refused(Step step, std::uint8_t exception, const std::string& text,
                                      Clock::time_point now) {
    if (step == Step::End) {
        return LookNow{};
    }
    ClientRequest* const request = inbox_.request();
    if (request != nullptr && step == Step::Begin) {
        request->begin_refused(exception);
    } else if (request != nullptr) {
        inbox_.answer(TransactionReason::Invalid, text);
    }
    return RestUntil{now};
}

void TransactionCourse::give_up_closing() {
    if (closing_) {
        closing_->give_up();
    }
}

NextAction TransactionCourse::clock_written(Step written, const MeterLook& look, Clock::time_point now) {
    if (written == Step::ClockTime) {
        if (auto write = clock_.offset_write(now); write && may_set_clock(look, now)) {
            return *write;
        }
    }
    clock_.written(now);
    return RestUntil{now};
}

// The end may have been commanded by an earlier run of this program: 0 may then mean that the meter is at its
// record. The text still names the transaction.
bool TransactionCourse::may_be_closing(const MeterLook& look, Clock::time_point now) const {
    return look.is_idle() && look.is_fresh(now) && !look.id().empty() && !receipt_.is_of(look.id()) &&
           !inbox_.has_record(look.id());
}

bool TransactionCourse::may_set_clock(const MeterLook& look, Clock::time_point now) const {
    const ClientRequest* const request = inbox_.request();
    return !(request != nullptr && request->is_beginning()) && !may_be_closing(look, now);
}

} // namespace gridbridge
