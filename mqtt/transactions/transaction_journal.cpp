#include "mqtt/transactions/transaction_journal.hpp"

#include "drivers/json/json.hpp"
#include "drivers/text/json_bounds.hpp"

namespace gridbridge {
namespace {

constexpr JsonBounds bounds{std::size_t{4} * 1024 * 1024, 8, 200000};

Json json_of(const StartTransaction& start) {
    return {{"transaction_id", start.transaction_id},
            {"evse_id", start.evse_id},
            {"assigned", start.identification_assigned},
            {"level", start.identification_level},
            {"flags", start.identification_flags},
            {"type", start.identification_type},
            {"data", start.identification_data},
            {"tariff", start.tariff_text},
            {"modality", start.modality},
            {"shorten", start.shorten}};
}

StartTransaction start_of(const Json& json) {
    return {json.at("transaction_id").get<std::string>(),
            json.at("evse_id").get<std::string>(),
            json.at("assigned").get<bool>(),
            json.at("level").get<int>(),
            json.at("flags").get<std::array<int, 4>>(),
            json.at("type").get<int>(),
            json.at("data").get<std::string>(),
            json.at("tariff").get<std::string>(),
            json.at("modality").get<int>(),
            json.value("shorten", false)};
}

} // namespace

std::string TransactionJournal::to_json() const {
    Json json{{"version", 1}, {"requests", Json::array()}, {"unpublished", Json::array()}};
    for (const Request& request : requests) {
        Json entry{{"serial", request.serial}, {"time", request.unix_time}};
        if (const auto* const start = std::get_if<StartTransaction>(&request.what)) {
            entry["start"] = json_of(*start);
        } else {
            entry["stop"] = std::get<StopTransaction>(request.what).transaction_id;
        }
        json["requests"].push_back(std::move(entry));
    }
    for (const Record& record : unpublished) {
        json["unpublished"].push_back({record.serial, record.transaction_id});
    }
    return json.dump();
}

std::optional<TransactionJournal> TransactionJournal::from_json(std::string_view text) {
    if (!is_within(text, bounds)) {
        return std::nullopt;
    }
    try {
        const Json json = parse_json_or_throw(text);
        TransactionJournal journal;
        for (const Json& entry : json.at("requests")) {
            const TransactionRequest what =
                entry.contains("start")
                    ? TransactionRequest(start_of(entry.at("start")))
                    : TransactionRequest(StopTransaction{entry.at("stop").get<std::string>()});
            journal.requests.push_back(
                {entry.at("serial").get<std::string>(), what, entry.at("time").get<long long>()});
        }
        for (const Json& entry : json.at("unpublished")) {
            journal.unpublished.push_back({entry.at(0).get<std::string>(), entry.at(1).get<std::string>()});
        }
        return journal;
    } catch (const Json::exception&) {
        return std::nullopt;
    }
}

} // namespace gridbridge
