#include "mqtt/transactions.hpp"

#include "drivers/text.hpp"
#include "mqtt/transaction_request.hpp"
#include "mqtt/venus_request.hpp"

#include <algorithm>
#include <exception>
#include <utility>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view start_path = "Transaction/Start";
constexpr std::string_view stop_path = "Transaction/Stop";
constexpr long long start_is_wanted_for = 60;  // s; nobody waits longer for a car to be charged
constexpr long long clock_is_set = 1704067200; // 2024-01-01
constexpr auto save_pause = 10s;
constexpr std::size_t most_waiting = 32;
constexpr std::size_t longest_response_topic = 1024;

const std::string& id_of(const TransactionWish& wish) {
    return std::visit([](const auto& request) -> const std::string& { return request.transaction_id; }, wish);
}

bool is_stop(const TransactionWish& wish) {
    return std::holds_alternative<StopTransaction>(wish);
}

// A topic to publish on, and none that would look like one of a meter.
bool is_response_topic(std::string_view topic) {
    return !topic.empty() && topic.size() <= longest_response_topic &&
           topic.find_first_of(std::string_view("+#\0", 3)) == std::string_view::npos &&
           !topic.starts_with("N/") && !topic.starts_with("gridbridge/") && !topic.starts_with('$');
}

} // namespace

Transactions::Transactions(TransactionsOptions options, TransactionDesk& desk, RecordStore& store)
    : options_(std::move(options)), desk_(desk), store_(store) {
    try {
        if (const auto text = store_.load_journal()) {
            if (auto journal = TransactionJournal::from_json(*text)) {
                journal_ = std::move(*journal);
            } else {
                options_.log(LogLevel::Warn, "transactions",
                             "the journal cannot be read: starting a new one");
            }
        }
    } catch (const std::exception& error) {
        options_.log(LogLevel::Error, "transactions", error.what());
    }
}

std::string Transactions::topic_of(const std::string& serial, const std::string& transaction_id) const {
    std::string level = serial; // a serial number comes from the wire
    std::replace_if(
        level.begin(), level.end(), [](char c) { return c == '/' || c == '+' || c == '#'; }, '_');
    return "gridbridge/" + options_.portal_id + "/ocmf/" + level + "/" + transaction_id;
}

void Transactions::connected(Clock::time_point /*now*/, Messages& out) {
    published_.clear();
    for (const TransactionJournal::Record& record : journal_.unpublished) {
        try {
            if (auto json = store_.record(record.serial, record.transaction_id)) {
                publish(record.serial, record.transaction_id, std::move(*json), out);
            }
        } catch (const std::exception& error) {
            options_.log(LogLevel::Error, "transactions", error.what());
        }
    }
    for (const auto& [topic, unsaved] : unacknowledged_) {
        publish(unsaved.record.serial, unsaved.record.transaction_id,
                record_json(unsaved.record).value_or(std::string()), out);
    }
}

void Transactions::reading(const Meter& meter, Clock::time_point /*now*/, Messages& /*out*/) {
    if (meter.config.driver == DriverKind::Em580 && resumed_.insert(meter.source).second) {
        resume(meter);
    }
}

// What was asked before the program ended. A Stop is always carried out; a Start only while somebody can be
// expected to wait for it.
void Transactions::resume(const Meter& meter) {
    const auto requests = journal_.requests;
    const long long now = options_.unix_time();
    for (const TransactionJournal::Request& request : requests) {
        if (request.serial != meter.info.serial) {
            continue;
        }
        const long long age = now - request.unix_time;
        const bool is_recent = request.unix_time >= clock_is_set && age >= 0 && age <= start_is_wanted_for;
        if (store_.has_record(id_of(request.wish))) {
            desk_.tell(meter.source,
                       TransactionResult{id_of(request.wish),
                                         is_stop(request.wish) ? TransactionReason::None
                                                               : TransactionReason::AlreadyClosed,
                                         false,
                                         {},
                                         is_stop(request.wish)});
        } else if (!is_stop(request.wish) && !is_recent) {
            refuse(meter, request.wish, TransactionReason::Timeout, "the service was restarted in between");
        } else {
            desk_.ask(meter.source, request.wish);
        }
    }
}

const Meter* Transactions::meter_of(std::string_view type, int instance) const {
    for (const auto& [source, meter] : meters_) {
        const bool is_shown = meter->life == MeterLife::Live || meter->life == MeterLife::Lost;
        if (is_shown && meter->config.driver == DriverKind::Em580 && meter->role == type &&
            meter->instance == instance) {
            return meter;
        }
    }
    return nullptr;
}

void Transactions::request(const Message& message, Clock::time_point /*now*/, Messages& /*out*/) {
    const std::string prefix = "W/" + options_.portal_id + "/";
    if (!message.topic.starts_with(prefix)) {
        return;
    }
    const auto topic = parse_venus_topic(std::string_view(message.topic).substr(prefix.size()));
    if (!topic || (topic->path != start_path && topic->path != stop_path)) {
        return;
    }
    const Meter* const meter = meter_of(topic->type, topic->instance);
    if (meter == nullptr) {
        return;
    }
    const bool stops = topic->path == stop_path;
    std::variant<TransactionWish, BadRequest> wish;
    if (stops) {
        std::visit([&](auto&& parsed) { wish = std::forward<decltype(parsed)>(parsed); },
                   parse_stop(message.payload));
    } else {
        std::visit([&](auto&& parsed) { wish = std::forward<decltype(parsed)>(parsed); },
                   parse_start(message.payload));
    }
    const auto* const bad = std::get_if<BadRequest>(&wish);
    const std::string id = bad != nullptr ? bad->transaction_id : id_of(std::get<TransactionWish>(wish));
    auto& waiting = waiting_[meter->source];
    if (is_response_topic(message.response_topic) && waiting.size() < most_waiting) {
        waiting.push_back({id, stops, message.response_topic, message.correlation});
    }
    if (bad != nullptr) {
        desk_.tell(meter->source,
                   TransactionResult{id, TransactionReason::Invalid, false, bad->problem, stops});
        return;
    }
    ask(*meter, std::get<TransactionWish>(wish));
}

void Transactions::ask(const Meter& meter, const TransactionWish& wish) {
    const std::string& id = id_of(wish);
    if (store_.has_record(id)) {
        refuse(meter, wish, TransactionReason::AlreadyClosed, {});
        return;
    }
    journal_.requests.push_back({meter.info.serial, wish, options_.unix_time()});
    save_journal(); // before the meter can know of it
    if (!desk_.ask(meter.source, wish)) {
        refuse(meter, wish, TransactionReason::Timeout, "too many requests are waiting");
    }
}

void Transactions::refuse(const Meter& meter, const TransactionWish& wish, TransactionReason reason,
                          std::string detail) {
    desk_.tell(meter.source, TransactionResult{id_of(wish), reason, false, std::move(detail), is_stop(wish)});
}

void Transactions::transaction(const Meter& meter, const TransactionEvent& event, Clock::time_point now,
                               Messages& out) {
    if (const auto* const result = std::get_if<TransactionResult>(&event)) {
        answer(meter, *result, out);
    } else if (const auto* const record = std::get_if<TransactionRecord>(&event)) {
        take_record({meter.source, *record}, now, out);
    }
}

void Transactions::answer(const Meter& meter, const TransactionResult& result, Messages& out) {
    const auto is_answered = [&](const TransactionJournal::Request& request) {
        return request.serial == meter.info.serial && id_of(request.wish) == result.transaction_id &&
               is_stop(request.wish) == result.is_stop;
    };
    auto& requests = journal_.requests;
    if (const auto known = std::find_if(requests.begin(), requests.end(), is_answered);
        known != requests.end()) {
        requests.erase(known);
        save_journal();
    }
    auto& waiting = waiting_[meter.source];
    const auto client = std::find_if(waiting.begin(), waiting.end(), [&](const Waiting& entry) {
        return entry.transaction_id == result.transaction_id && entry.is_stop == result.is_stop;
    });
    if (client != waiting.end()) {
        Message reply{client->topic, result_payload(result)};
        reply.qos = 1;
        reply.correlation = client->correlation;
        out.push_back(std::move(reply));
        waiting.erase(client);
    }
    options_.log(
        result.reason == TransactionReason::None ? LogLevel::Info : LogLevel::Warn,
        meter.info.product_name + " " + meter.info.serial,
        std::string(result.is_stop ? "stop" : "start") + " of transaction " +
            (result.transaction_id.empty() ? "?" : result.transaction_id) + ": " +
            (result.reason == TransactionReason::None ? "done" : std::string(name_of(result.reason))) +
            (result.detail.empty() ? "" : " (" + result.detail + ")"));
}

void Transactions::take_record(const Unsaved& unsaved, Clock::time_point now, Messages& out) {
    try {
        save_record(unsaved, out);
    } catch (const std::exception& error) {
        options_.log(LogLevel::Error, "transactions",
                     std::string(error.what()) + "; the record stays in the meter, trying again");
        unsaved_.push_back(unsaved);
        save_again_ = now + save_pause;
    }
}

// The meter is told only after the record is safe: in the state directory, or with the broker where there is
// none.
void Transactions::save_record(const Unsaved& unsaved, Messages& out) {
    const TransactionRecord& record = unsaved.record;
    auto json = record.corrupted ? std::nullopt : record_json(record);
    if (!json) {
        const std::string path = store_.keeps() ? store_.keep_corrupted(record) : "no state directory";
        options_.log(LogLevel::Error, "transactions",
                     "the meter " + record.serial + " has a corrupted record of " + record.transaction_id +
                         ", kept as " + path);
        desk_.kept(unsaved.source, {record.transaction_id});
        return;
    }
    if (!store_.keeps()) {
        unacknowledged_[topic_of(record.serial, record.transaction_id)] = unsaved;
        publish(record.serial, record.transaction_id, std::move(*json), out);
        return;
    }
    const std::string conflict = store_.keep(record.serial, record.transaction_id, *json);
    if (!conflict.empty()) {
        options_.log(LogLevel::Error, "transactions",
                     "the meter has another record of " + record.transaction_id + ", kept as " + conflict);
    } else {
        journal_.unpublished.push_back({record.serial, record.transaction_id});
        save_journal();
        publish(record.serial, record.transaction_id, std::move(*json), out);
    }
    desk_.kept(unsaved.source, {record.transaction_id});
}

void Transactions::publish(const std::string& serial, const std::string& transaction_id, std::string json,
                           Messages& out) {
    Message message{topic_of(serial, transaction_id), std::move(json), true};
    message.qos = 1;
    published_[message.topic] = {serial, transaction_id};
    out.push_back(std::move(message));
}

void Transactions::delivered(const std::string& topic) {
    if (const auto unsaved = unacknowledged_.find(topic); unsaved != unacknowledged_.end()) {
        desk_.kept(unsaved->second.source, {unsaved->second.record.transaction_id});
        unacknowledged_.erase(unsaved);
    }
    if (const auto known = published_.find(topic); known != published_.end()) {
        if (std::erase(journal_.unpublished, known->second) > 0) {
            save_journal();
        }
        published_.erase(known);
    }
}

void Transactions::tick(Clock::time_point now, Messages& out) {
    if (!unsaved_.empty() && now >= save_again_) {
        for (const Unsaved& unsaved : std::exchange(unsaved_, {})) {
            take_record(unsaved, now, out);
        }
    }
}

Clock::time_point Transactions::next_tick(Clock::time_point /*now*/) const {
    return unsaved_.empty() ? Clock::time_point::max() : save_again_;
}

void Transactions::save_journal() {
    try {
        store_.save_journal(journal_.to_json());
    } catch (const std::exception& error) {
        options_.log(LogLevel::Error, "transactions", error.what());
    }
}

} // namespace gridbridge
