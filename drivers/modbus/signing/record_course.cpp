#include "drivers/modbus/signing/record_course.hpp"

namespace gridbridge {

RecordCourse::RecordCourse(RequestInbox& inbox, DeskOutbox& outbox, RecordReceipt& receipt,
                           const KeyFetch& keys, int retries)
    : inbox_(inbox), outbox_(outbox), receipt_(receipt), keys_(keys), fetch_(retries) {}

void RecordCourse::interrupted() {
    fetch_.interrupted();
    receipt_.forget_confirmations();
}

NextAction RecordCourse::begin(MeterLook& look, Ending ending, Clock::time_point now) {
    ending_ = ending;
    return action_of(fetch_.begin(look.id(), look.state() == ocmf::State::Corrupted), look, now);
}

NextAction RecordCourse::answered(Step step, std::span<const std::uint16_t> words, MeterLook& look,
                                  Clock::time_point now) {
    switch (step) {
    case Step::FileSize:
        return action_of(fetch_.size_read(words[0]), look, now);
    case Step::File:
        return action_of(fetch_.file_read(words), look, now);
    case Step::Number:
        return action_of(fetch_.number_read(words), look, now);
    default:
        break;
    }
    if (!receipt_.count_confirmation()) {
        return BeginAnew{"it does not accept that its record was read"};
    }
    return LookNow{};
}

NextAction RecordCourse::refused(Step step, const std::string& reason, MeterLook& look,
                                 Clock::time_point now) {
    return action_of(step == Step::Number ? fetch_.number_refused() : fetch_.file_refused(reason), look, now);
}

NextAction RecordCourse::action_of(const RecordFetch::Next& next, MeterLook& look, Clock::time_point now) {
    if (const auto* const job = std::get_if<StepJob>(&next)) {
        return *job;
    }
    if (const auto* const failed = std::get_if<RecordFetch::Failed>(&next)) {
        return BeginAnew{failed->reason};
    }
    look.set_id(fetch_.transaction_id());
    const TransactionRecord record = fetch_.record(serial_, keys_.key());
    if (receipt_.open(record)) {
        outbox_.tell(record);
        tell_ended(record);
    }
    return RestUntil{now};
}

// A record that nobody asked for. Who commanded an end before this program began is not known: only what the
// meter says of it counts then.
void RecordCourse::tell_ended(const TransactionRecord& record) {
    const bool is_asked = inbox_.request() != nullptr && inbox_.request()->is_stop_of(record.transaction_id);
    if (is_asked || ending_ == Ending::Commanded) {
        return;
    }
    const std::string reason = record.corrupted ? std::string() : ocmf::end_reason(record.ocmf);
    if (reason == "P" || reason == "A") {
        outbox_.tell(EndedByMeter{record.transaction_id, reason == "P" ? "power_failure" : "abort"});
    } else if (ending_ == Ending::SeenRunning) {
        outbox_.tell(EndedByMeter{record.transaction_id, "unknown"});
    }
}

void RecordCourse::refuse_other_stop() {
    const ClientRequest* const request = inbox_.request();
    const std::string& id = receipt_.record().transaction_id;
    if (request != nullptr && request->is_stop() && request->transaction_id() != id) {
        inbox_.answer(TransactionReason::UnknownTransaction, "transaction " + id + " is being closed");
    }
}

void RecordCourse::confirmed() {
    receipt_.close();
    receipt_.forget_confirmations();
    const TransactionRecord& record = *receipt_.closed();
    if (inbox_.request() != nullptr && inbox_.request()->is_stop_of(record.transaction_id)) {
        if (record.corrupted) {
            inbox_.answer(TransactionReason::Corrupted);
        } else {
            inbox_.answer_closed(record.ocmf);
        }
    }
    outbox_.tell_state(TransactionState::Idle);
    inbox_.set_looked_at(false); // of a Start that has waited, or a Stop of something else
}

} // namespace gridbridge
