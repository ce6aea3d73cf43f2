// The part of TransactionMachine that carries out wishes and sets the meter's clock.
#include "drivers/modbus/transaction_machine.hpp"

#include <algorithm>
#include <utility>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;
using State = ocmf::State;

constexpr auto ready_poll = 100ms;
constexpr auto late_poll = 1s;
constexpr auto idle_poll = 5s; // a record may appear without us: power loss, the end of an earlier run
// A meter that has not reacted to a command by then did not get it.
constexpr auto reaction_time = 2s;
constexpr int patience = 6;                        // limits for the record until its state counts again
constexpr std::int64_t earliest_time = 1704067200; // 2024: before that the wall clock is not set

} // namespace

// The meter was looked at, and no record waits in it: its state is 0 or 1.
void TransactionMachine::settle(Clock::time_point now) {
    settled_ = contacted_ = true;
    last_failure_.clear();
    if (wish_) {
        wish_->looked = look_counts_;
    }
    if (has_unconfirmed()) { // it is not in the meter any more
        if (told_->kept) {
            confirmed(now);
            return;
        }
        if (state_ == State::NotReady) {
            rest(now + ready_poll);
            return;
        }
        told_->confirmed = true;
    }
    if (closing_ && state_ == State::Running && id_ != closing_->id) {
        closing_.reset();
    }
    if (closing_) {
        keep_closing(now);
        return;
    }
    rest(now + idle_poll);
    if (state_ == State::Running) {
        tell_state(TransactionState::Running);
    } else if (write_clock(now)) {
        return;
    }
    if (wish_ && wish_->looked && judge(now)) {
        return;
    }
    if (state_ == State::NotReady) {
        tell_state(TransactionState::Idle);
        if (clock_due_ > now) {
            look_due_ = std::min(look_due_, clock_due_);
        }
    }
}

// True: the wish is being carried out, or was.
bool TransactionMachine::judge(Clock::time_point now) {
    if (const auto* start = std::get_if<StartTransaction>(&wish_->what)) {
        return judge_start(*start, now);
    }
    return judge_stop(std::get<StopTransaction>(wish_->what), now);
}

bool TransactionMachine::judge_start(const StartTransaction& start, Clock::time_point now) {
    if (state_ == State::Running) {
        const bool is_this = id_ == start.transaction_id;
        answer(is_this ? TransactionReason::None : TransactionReason::AlreadyRunning,
               is_this ? "" : "transaction " + (id_.empty() ? "without an id" : id_) + " is running");
        return true;
    }
    if (auto result = answer_at_once()) { // its record may be there by now
        answer(result->reason, result->detail);
        return false;
    }
    if (wish_->begins > 0 && wait_for_begin(now)) {
        return true;
    }
    if (!wish_) {
        return false;
    }
    if (wish_->begins == 0 && may_be_closing(now)) {
        look_again(now);
        return true;
    }
    if (!clock_was_tried_ && wall_time()) { // the record would bear the wrong time
        wish_->looked = false;
        not_before_ = std::max(not_before_, std::min(clock_due_, now + idle_poll));
        rest(not_before_);
        return true;
    }
    tell_state(TransactionState::Starting);
    start_writing(start);
    return true;
}

// The command was sent, but the meter says 0. True: it may still begin.
bool TransactionMachine::wait_for_begin(Clock::time_point now) {
    if (wish_->refused != 0 && wish_->begins == 1) {
        answer(TransactionReason::Invalid,
               "the meter refuses to begin (exception " + std::to_string(wish_->refused) + ")");
        return false;
    }
    const auto limit =
        wish_->begin_answered ? options_.ready_timeout : std::chrono::milliseconds(reaction_time);
    if (now >= wish_->begun_at + limit) {
        wish_->begun_at = {};
        return false;
    }
    look_again(now);
    return true;
}

void TransactionMachine::look_again(Clock::time_point now) {
    wish_->looked = false;
    not_before_ = now + ready_poll;
    rest(not_before_);
}

// The end may have been commanded by an earlier run of this program: 0 may then mean that the meter is at its
// record. The text still names the transaction.
bool TransactionMachine::may_be_closing(Clock::time_point now) const {
    const bool is_told = told_ && told_->record.transaction_id == id_;
    return state_ == State::NotReady && now < *first_found_ + options_.ready_timeout && !id_.empty() &&
           !is_told && !desk_.has_record(id_);
}

bool TransactionMachine::judge_stop(const StopTransaction& stop, Clock::time_point now) {
    if (id_ == stop.transaction_id && may_be_closing(now)) {
        look_again(now);
        return true;
    }
    if (state_ != State::Running || id_ != stop.transaction_id) {
        answer(TransactionReason::UnknownTransaction,
               state_ == State::Running
                   ? "transaction " + (id_.empty() ? "without an id" : id_) + " is running"
                   : "no transaction is running");
        return false;
    }
    send_end(stop.transaction_id, now);
    return true;
}

// A record waits to be kept; a Start and the Stop of this transaction wait with it.
void TransactionMachine::judge_closed() {
    const auto* stop = wish_ ? std::get_if<StopTransaction>(&wish_->what) : nullptr;
    if (stop != nullptr && stop->transaction_id != told_->record.transaction_id) {
        answer(TransactionReason::UnknownTransaction,
               "transaction " + told_->record.transaction_id + " is being closed");
    }
}

void TransactionMachine::start_writing(const StartTransaction& start) {
    auto writes = ocmf::writes_for(start);
    writes_.assign(std::make_move_iterator(writes.begin()), std::make_move_iterator(writes.end()));
    written();
}

void TransactionMachine::written() {
    if (!writes_.empty()) {
        ocmf::Write write = std::move(writes_.front());
        writes_.pop_front();
        go(Step::StartWrite, RegisterJob::write(write.address, std::move(write.words)));
        return;
    }
    go(Step::Begin, RegisterJob::write(ocmf::command, {ocmf::begin}));
}

void TransactionMachine::send_end(const std::string& id, Clock::time_point now) {
    tell_state(TransactionState::Stopping);
    closing_ = Closing{id, now, now, false, false};
    go(Step::End, RegisterJob::write(ocmf::command, {ocmf::end}));
}

// The end was commanded. Neither 1 nor 0 means that there will be no record.
void TransactionMachine::keep_closing(Clock::time_point now) {
    if (wish_ && wish_->looked) {
        const auto* stop = std::get_if<StopTransaction>(&wish_->what);
        if (stop == nullptr) {
            answer(TransactionReason::AlreadyRunning, "transaction " + closing_->id + " is being closed");
        } else if (stop->transaction_id != closing_->id) {
            answer(TransactionReason::UnknownTransaction, "transaction " + closing_->id + " is being closed");
        } else {
            const bool was_lost = !closing_->answered && now >= closing_->sent_at + reaction_time;
            if (state_ == State::Running && (was_lost || closing_->given_up)) {
                send_end(closing_->id, now); // it was read back: the meter did not take it
                return;
            }
            if (closing_->given_up) { // asked for again
                closing_->given_up = false;
                closing_->since = now;
            }
            if (now >= closing_->since + options_.ready_timeout) {
                closing_->given_up = true;
                answer(TransactionReason::Timeout, "the meter has no record yet; it is fetched when it has");
            }
        }
    }
    if (now >= closing_->since + patience * options_.ready_timeout) {
        closing_.reset();
        rest(now);
        return;
    }
    tell_state(TransactionState::Stopping);
    rest(now + (closing_->given_up ? std::chrono::milliseconds(late_poll) : ready_poll));
}

std::optional<WallTime> TransactionMachine::wall_time() const {
    if (!wall_clock_) {
        return std::nullopt;
    }
    const WallTime time = wall_clock_();
    return time.unix_seconds < earliest_time ? std::nullopt : std::optional(time);
}

// The next write of the clock, when it is due and nothing runs. False: there is none.
bool TransactionMachine::write_clock(Clock::time_point now) {
    const bool is_begun = wish_ && wish_->begun_at != Clock::time_point{};
    const auto time = wall_time();
    if (step_ == Step::ClockOffset || is_begun || !time || now < clock_due_ || may_be_closing(now)) {
        return false;
    }
    if (step_ == Step::ClockTime) {
        const int offset = options_.utc_offset.value_or(time->utc_offset);
        go(Step::ClockOffset, RegisterJob::write(ocmf::utc_offset, {static_cast<std::uint16_t>(offset)}));
        return true;
    }
    if (wish_) {
        wish_->looked = false;
    }
    go(Step::ClockTime, RegisterJob::write(ocmf::utc_time, ocmf::encode_time(time->unix_seconds)));
    return true;
}

} // namespace gridbridge
