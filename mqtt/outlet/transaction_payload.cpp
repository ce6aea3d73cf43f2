#include "mqtt/outlet/transaction_payload.hpp"

#include "drivers/json/json.hpp"
#include "drivers/text/choice.hpp"

#include <utility>

namespace gridbridge {
namespace {

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

constexpr Names<SignedValue::Occasion, 3> occasion_names{{{"start", SignedValue::Occasion::Start},
                                                          {"end", SignedValue::Occasion::End},
                                                          {"request", SignedValue::Occasion::Request}}};

OrderedJson text_or_null(const std::string& text) {
    return text.empty() ? OrderedJson() : OrderedJson(text);
}

// The number as the meter wrote it; null: it is none.
OrderedJson reading_json(const RecordReading& reading) {
    const auto number = parse_json(reading.value);
    return {{"time", text_or_null(reading.time)},
            {"value", number.is_number() ? OrderedJson(number) : OrderedJson()},
            {"unit", text_or_null(reading.unit)},
            {"obis", text_or_null(reading.obis)}};
}

std::string payload_of(const OrderedJson& value) {
    return write_json(OrderedJson{{"value", value}});
}

} // namespace

std::string_view name_of(TransactionState state) {
    return name_in(state_names, state);
}

std::string_view name_of(TransactionReason reason) {
    return name_in(reason_names, reason);
}

std::string result_payload(const TransactionResult& result) {
    const bool ok = result.reason == TransactionReason::None;
    OrderedJson value{{"transaction_id", nullptr}, {"ok", ok}, {"reason", nullptr}};
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
    if (result.begin != RecordReading{}) {
        value["begin"] = reading_json(result.begin);
        value["end"] = reading_json(result.end);
    }
    return payload_of(value);
}

std::string ended_payload(const EndedByMeter& ended) {
    return payload_of({{"transaction_id", ended.transaction_id}, {"cause", ended.cause}});
}

std::string signed_value_payload(const SignedValue& value) {
    if (value.data.empty()) {
        return payload_of(nullptr);
    }
    return payload_of({{"occasion", name_in(occasion_names, value.occasion)},
                       {"transaction_id", text_or_null(value.transaction_id)},
                       {"data", value.data},
                       {"signature", value.signature},
                       {"public_key", text_or_null(value.key)}});
}

} // namespace gridbridge
