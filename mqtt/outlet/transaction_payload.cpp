#include "mqtt/outlet/transaction_payload.hpp"

#include "drivers/text/choice.hpp"

#include <utility>

#include <nlohmann/json.hpp>

namespace gridbridge {
namespace {

using Json = nlohmann::ordered_json;

constexpr Names<TransactionState, 5> state_names{{{"idle", TransactionState::Idle},
                                                  {"starting", TransactionState::Starting},
                                                  {"running", TransactionState::Running},
                                                  {"stopping", TransactionState::Stopping},
                                                  {"error", TransactionState::Error}}};
constexpr Names<TransactionReason, 8> reason_names{
    {{"", TransactionReason::None},
     {"not_supported", TransactionReason::NotSupported},
     {"invalid", TransactionReason::Invalid},
     {"already_running", TransactionReason::AlreadyRunning},
     {"already_closed", TransactionReason::AlreadyClosed},
     {"unknown_transaction", TransactionReason::UnknownTransaction},
     {"corrupted", TransactionReason::Corrupted},
     {"timeout", TransactionReason::Timeout}}};

} // namespace

std::string_view name_of(TransactionState state) {
    return name_in(state_names, state);
}

std::string_view name_of(TransactionReason reason) {
    return name_in(reason_names, reason);
}

std::string result_payload(const TransactionResult& result) {
    const bool ok = result.reason == TransactionReason::None;
    Json value{{"transaction_id", nullptr}, {"ok", ok}, {"reason", nullptr}};
    if (!result.transaction_id.empty()) {
        value["transaction_id"] = result.transaction_id;
    }
    if (!ok) {
        value["reason"] = name_of(result.reason);
    }
    for (const auto& [key, is_shortened] :
         {std::pair("tariff_shortened", result.tariff_shortened),
          std::pair("evse_id_shortened", result.evse_id_shortened),
          std::pair("identification_shortened", result.identification_shortened)}) {
        if (is_shortened) {
            value[key] = true;
        }
    }
    if (!result.detail.empty()) {
        value["detail"] = result.detail;
    }
    return Json{{"value", value}}.dump(-1, ' ', false, Json::error_handler_t::replace);
}

} // namespace gridbridge
