#include "drivers/modbus/signing/request_inbox.hpp"

#include "drivers/modbus/signing/ocmf_registers.hpp"

#include <utility>

namespace gridbridge {

RequestInbox::RequestInbox(SourceId source, TransactionDesk& desk, DeskOutbox& outbox, RecordReceipt& receipt)
    : source_(source), desk_(desk), outbox_(outbox), receipt_(receipt) {}

void RequestInbox::collect(Clock::time_point now, bool meter_signs) {
    while (const auto kept = desk_.take_kept(source_)) {
        receipt_.keep(kept->transaction_id);
    }
    while (!request_) {
        auto what = desk_.request(source_);
        if (!what) {
            return;
        }
        request_.emplace(std::move(*what), now);
        if (!meter_signs) {
            answer(TransactionReason::NotSupported, "this meter does not sign");
        } else {
            answer_at_once();
        }
    }
}

bool RequestInbox::answer_at_once() {
    if (const StartTransaction* const start = request_->start()) {
        if (std::string problem = ocmf::problem_with(*start); !problem.empty()) {
            answer(TransactionReason::Invalid, std::move(problem));
            return true;
        }
    }
    const std::string& id = request_->transaction_id();
    const TransactionRecord* const closed = receipt_.closed();
    const bool is_closed = closed != nullptr && closed->transaction_id == id;
    if (is_closed && closed->corrupted && request_->is_stop()) {
        answer(TransactionReason::Corrupted);
        return true;
    }
    if (desk_.has_record(id) || (is_closed && !closed->corrupted)) {
        answer(TransactionReason::AlreadyClosed);
        return true;
    }
    return false;
}

void RequestInbox::set_looked_at(bool looked_at) {
    if (request_) {
        request_->set_looked_at(looked_at);
    }
}

void RequestInbox::answer(TransactionReason reason, std::string detail) {
    answer(request_->result(reason, std::move(detail)));
}

void RequestInbox::answer_closed(const std::string& ocmf) {
    TransactionResult result = request_->result(TransactionReason::None, {});
    result.begin = ocmf::begin_of_record(ocmf);
    result.end = ocmf::end_of_record(ocmf);
    answer(std::move(result));
}

void RequestInbox::answer(TransactionResult result) {
    request_.reset();
    desk_.done(source_);
    outbox_.tell(std::move(result));
}

} // namespace gridbridge
