#include "drivers/modbus/signing/client_request.hpp"

#include "drivers/modbus/signing/ocmf_registers.hpp"

#include <algorithm>
#include <utility>

namespace gridbridge {

ClientRequest::ClientRequest(TransactionRequest what, Clock::time_point now)
    : what_(std::move(what)), since_(now) {}

const std::string& ClientRequest::transaction_id() const {
    return std::visit([](const auto& asked) -> const std::string& { return asked.transaction_id; }, what_);
}

TransactionResult ClientRequest::result(TransactionReason reason, std::string detail) const {
    TransactionResult result{.transaction_id = transaction_id(),
                             .reason = reason,
                             .detail = std::move(detail),
                             .is_stop = is_stop()};
    if (const StartTransaction* const asked = start()) {
        const bool done = reason == TransactionReason::None;
        result.tariff_shortened = done && asked->tariff_text.size() > ocmf::max_tariff_bytes;
        result.evse_id_shortened = done && asked->evse_id.size() > max_identification_bytes;
        result.identification_shortened =
            done && asked->identification_data.size() > max_identification_bytes;
    }
    return result;
}

void ClientRequest::interrupted() {
    looked_at_ = false;
    lost_writes_ = 0;
}

void ClientRequest::begin_sent(Clock::time_point now) {
    ++begins_;
    begun_at_ = now;
    begin_answered_ = false;
    refused_ = 0;
}

void ClientRequest::begin_refused(std::uint8_t exception) {
    refused_ = exception;
    looked_at_ = false;
}

ClientRequest::Begin ClientRequest::begin_fate(Clock::time_point now,
                                               std::chrono::milliseconds ready_timeout) const {
    if (begins_ == 0) {
        return Begin::NotSent;
    }
    if (refused_ != 0 && begins_ == 1) { // a repeated one may be refused because the first one was taken
        return Begin::Refused;
    }
    const auto limit = begin_answered_ ? ready_timeout : std::chrono::milliseconds(reaction_time);
    return now >= begun_at_ + limit ? Begin::Failed : Begin::Awaited;
}

} // namespace gridbridge
