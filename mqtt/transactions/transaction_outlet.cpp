#include "mqtt/transactions/transaction_outlet.hpp"

#include "mqtt/outlet/transaction_payload.hpp"
#include "mqtt/outlet/venus_request.hpp"
#include "mqtt/transactions/transaction_request.hpp"

#include <algorithm>
#include <exception>
#include <utility>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view start_path = "Transaction/Start";
constexpr std::string_view stop_path = "Transaction/Stop";
constexpr std::string_view value_path = "Transaction/SignedValue";
constexpr long long start_is_wanted_for = 60;  // s; nobody waits longer for a car to be charged
constexpr long long clock_is_set = 1704067200; // 2024-01-01
constexpr std::size_t most_journaled = 64;     // requests on their way to disk

const std::string& id_of(const TransactionRequest& request) {
    return std::visit([](const auto& asked) -> const std::string& { return asked.transaction_id; }, request);
}

bool is_stop(const TransactionRequest& request) {
    return std::holds_alternative<StopTransaction>(request);
}

} // namespace

TransactionOutlet::TransactionOutlet(TransactionOutletOptions options, TransactionDesk& desk,
                                     RecordStore& store)
    : options_(std::move(options)), desk_(desk), store_(store),
      records_(options_.portal_id, options_.log, desk, store, journal_),
      self_(std::make_shared<TransactionOutlet*>(this)) {
    if (const auto& text = store_.journal()) {
        if (auto journal = TransactionJournal::from_json(*text)) {
            journal_ = std::move(*journal);
        } else {
            options_.log(LogLevel::Warn, "transactions", "the journal cannot be read: starting a new one");
        }
    }
}

void TransactionOutlet::connected(Clock::time_point /*now*/, Messages& out) {
    records_.connected(out);
}

void TransactionOutlet::delivered(const std::string& topic) {
    journal_changed_ = records_.delivered(topic) || journal_changed_;
}

void TransactionOutlet::reading(const Meter& meter, Clock::time_point /*now*/, Messages& /*out*/) {
    if (driver_row(meter.config.driver).signs_transactions && resumed_.insert(meter.source).second) {
        resume(meter);
    }
}

// What was asked before the program ended. A Stop is always carried out; a Start only while somebody can be
// expected to wait for it.
void TransactionOutlet::resume(const Meter& meter) {
    const auto requests = journal_.requests;
    const long long now = options_.unix_time();
    for (const TransactionJournal::Request& request : requests) {
        if (request.serial != meter.info.serial) {
            continue;
        }
        const long long age = now - request.unix_time;
        const bool is_recent = request.unix_time >= clock_is_set && age >= 0 && age <= start_is_wanted_for;
        if (store_.has_record(id_of(request.what))) {
            tell(meter, {id_of(request.what),
                         is_stop(request.what) ? TransactionReason::None : TransactionReason::AlreadyClosed,
                         false,
                         {},
                         is_stop(request.what)});
        } else if (!is_stop(request.what) && !is_recent) {
            refuse(meter, request.what, TransactionReason::Timeout, "the service was restarted in between");
        } else {
            desk_.ask(meter.source, request.what);
        }
    }
}

const Meter* TransactionOutlet::meter_of(std::string_view type, int instance) const {
    for (const auto& [source, meter] : meters_) {
        const bool is_shown = meter->life == MeterLife::Live || meter->life == MeterLife::Lost;
        if (is_shown && driver_row(meter->config.driver).signs_transactions && meter->role == type &&
            meter->instance == instance) {
            return meter;
        }
    }
    return nullptr;
}

void TransactionOutlet::request(const Message& message, Clock::time_point /*now*/, Messages& /*out*/) {
    const std::string prefix = "W/" + options_.portal_id + "/";
    if (!message.topic.starts_with(prefix)) {
        return;
    }
    const auto topic = parse_venus_topic(std::string_view(message.topic).substr(prefix.size()));
    const bool is_ours =
        topic && (topic->path == start_path || topic->path == stop_path || topic->path == value_path);
    const Meter* const meter = is_ours ? meter_of(topic->type, topic->instance) : nullptr;
    if (meter == nullptr) {
        return;
    }
    if (topic->path == value_path) {
        desk_.ask_value(meter->source);
        return;
    }
    take_request(*meter, message, topic->path == stop_path);
}

void TransactionOutlet::take_request(const Meter& meter, const Message& message, bool stops) {
    std::variant<TransactionRequest, BadRequest> parsed;
    if (stops) {
        std::visit([&](auto&& one) { parsed = std::forward<decltype(one)>(one); },
                   parse_stop(message.payload));
    } else {
        std::visit([&](auto&& one) { parsed = std::forward<decltype(one)>(one); },
                   parse_start(message.payload));
    }
    std::optional<TransactionResult> unbound;
    if (const auto* const asked = std::get_if<TransactionRequest>(&parsed); asked && id_of(*asked).empty()) {
        auto bound = bound_id(meter);
        if (const auto* const id = std::get_if<std::string>(&bound)) {
            parsed = StopTransaction{*id};
        } else {
            unbound = std::get<TransactionResult>(bound);
        }
    }
    const auto* const bad = std::get_if<BadRequest>(&parsed);
    const std::string id = bad != nullptr ? bad->transaction_id : id_of(std::get<TransactionRequest>(parsed));
    clients_.add(meter.source, {id, stops, message.response_topic, message.correlation});
    if (bad != nullptr) {
        tell(meter, {id, TransactionReason::Invalid, false, bad->problem, stops});
    } else if (unbound) {
        tell(meter, *unbound);
    } else {
        ask(meter, std::get<TransactionRequest>(parsed));
    }
}

std::variant<std::string, TransactionResult> TransactionOutlet::bound_id(const Meter& meter) const {
    const auto known = running_.find(meter.source);
    const auto running = known == running_.end() ? std::nullopt : known->second.transaction_id;
    if (running && !running->empty()) {
        return *running;
    }
    const auto starting =
        std::find_if(journal_.requests.rbegin(), journal_.requests.rend(),
                     [&](const TransactionJournal::Request& request) {
                         return request.serial == meter.info.serial && !is_stop(request.what);
                     });
    if (!running && starting != journal_.requests.rend()) {
        return id_of(starting->what); // carried out before this Stop
    }
    return TransactionResult{.transaction_id = {},
                             .reason = TransactionReason::UnknownTransaction,
                             .detail = running                   ? "a transaction without an id is running"
                                       : known == running_.end() ? "what the meter runs is not known yet"
                                                                 : "no transaction is running",
                             .is_stop = true};
}

void TransactionOutlet::ask(const Meter& meter, const TransactionRequest& request) {
    const std::string& id = id_of(request);
    if (store_.has_record(id)) {
        refuse(meter, request, TransactionReason::AlreadyClosed, {});
        return;
    }
    if (journaled_.size() >= most_journaled) {
        refuse(meter, request, TransactionReason::Timeout, "too many requests are waiting");
        return;
    }
    journal_.requests.push_back({meter.info.serial, request, options_.unix_time()});
    journaled_.push_back({meter.source, request, journal_saves_ + 1});
    journal_changed_ = true; // saved before the meter can know of it
}

// To the driver, what the journal of that number has.
void TransactionOutlet::hand_on(std::uint64_t journal) {
    const auto waiting = std::exchange(journaled_, {});
    for (const Journaled& entry : waiting) {
        if (entry.journal > journal) {
            journaled_.push_back(entry);
        } else if (!desk_.ask(entry.source, entry.request)) {
            refuse(*meters_.at(entry.source), entry.request, TransactionReason::Timeout,
                   "too many requests are waiting");
        }
    }
}

void TransactionOutlet::refuse(const Meter& meter, const TransactionRequest& request,
                               TransactionReason reason, std::string detail) {
    tell(meter, {id_of(request), reason, false, std::move(detail), is_stop(request)});
}

// By way of the desk, so that everybody hears of it.
void TransactionOutlet::tell(const Meter& meter, const TransactionResult& result) {
    if (!desk_.tell(meter.source, result)) { // a flood: nobody will hear of it, so nothing is kept for it
        strike_out(meter, result);
        clients_.take(meter.source, result.transaction_id, result.is_stop);
    }
}

void TransactionOutlet::strike_out(const Meter& meter, const TransactionResult& answered) {
    const auto is_answered = [&](const TransactionJournal::Request& request) {
        return request.serial == meter.info.serial && id_of(request.what) == answered.transaction_id &&
               is_stop(request.what) == answered.is_stop;
    };
    auto& requests = journal_.requests;
    if (const auto known = std::find_if(requests.begin(), requests.end(), is_answered);
        known != requests.end()) {
        requests.erase(known);
        journal_changed_ = true;
    }
}

void TransactionOutlet::transaction(const Meter& meter, const TransactionEvent& event,
                                    Clock::time_point /*now*/, Messages& out) {
    if (const auto* const result = std::get_if<TransactionResult>(&event)) {
        answer(meter, *result, out);
    } else if (const auto* const record = std::get_if<TransactionRecord>(&event)) {
        records_.take({meter.source, *record}, out);
    } else if (const auto* const running = std::get_if<RunningTransaction>(&event)) {
        running_[meter.source] = *running;
    } else if (const auto* const ended = std::get_if<EndedByMeter>(&event)) {
        options_.log(LogLevel::Warn, meter.info.product_name + " " + meter.info.serial,
                     "the meter has ended transaction " + ended->transaction_id + " by itself (" +
                         ended->cause + ")");
    }
}

void TransactionOutlet::answer(const Meter& meter, const TransactionResult& result, Messages& out) {
    strike_out(meter, result);
    if (const auto client = clients_.take(meter.source, result.transaction_id, result.is_stop)) {
        Message reply{client->topic, result_payload(result)};
        reply.qos = 1;
        reply.correlation = client->correlation;
        out.push_back(std::move(reply));
    }
    options_.log(
        result.reason == TransactionReason::None ? LogLevel::Info : LogLevel::Warn,
        meter.info.product_name + " " + meter.info.serial,
        std::string(result.is_stop ? "stop" : "start") + " of transaction " +
            (result.transaction_id.empty() ? "?" : result.transaction_id) + ": " +
            (result.reason == TransactionReason::None ? "done" : std::string(name_of(result.reason))) +
            (result.detail.empty() ? "" : " (" + result.detail + ")"));
}

void TransactionOutlet::tick(Clock::time_point /*now*/, Messages& out) {
    journal_changed_ = records_.publish_saved(out) || journal_changed_;
    save_journal();
}

Clock::time_point TransactionOutlet::next_tick(Clock::time_point now) const {
    return !records_.has_saved() && !journal_changed_ ? Clock::time_point::max() : now;
}

// Once for all that came together: a flood of requests must not cost a journal each.
// A journal that the disk does not take must not keep a car from being charged: the requests go on without
// it, and the writer tries again.
void TransactionOutlet::save_journal() {
    if (!std::exchange(journal_changed_, false)) {
        return;
    }
    const std::uint64_t number = ++journal_saves_;
    if (!store_.keeps()) {
        hand_on(number);
        return;
    }
    store_.save_journal(journal_.to_json(),
                        [number, self = std::weak_ptr(self_), log = options_.log](const FileResult& result) {
                            if (!result.error.empty()) {
                                log(LogLevel::Error, "transactions", result.error);
                            }
                            if (const auto outlet = self.lock()) {
                                (*outlet)->hand_on(number);
                            }
                        });
}

} // namespace gridbridge
