// What signing meters tell.
#include "mqtt/bridge.hpp"
#include "mqtt/payload.hpp"
#include "mqtt/transaction_request.hpp"

namespace gridbridge {
namespace {

void take(TransactionTopics& topics, const TransactionEvent& event) {
    if (const auto* const state = std::get_if<TransactionState>(&event)) {
        topics.state = value_payload(name_of(*state));
    } else if (const auto* const result = std::get_if<TransactionResult>(&event)) {
        topics.result = result_payload(*result);
    } else if (const auto* const key = std::get_if<TransactionKey>(&event)) {
        topics.key = value_payload(key->raw);
        topics.key_der = value_payload(key->der);
    }
}

} // namespace

void Bridge::take_transactions(Clock::time_point now, Messages& out) {
    if (options_.orders == nullptr) {
        return;
    }
    for (const auto& [source, event] : options_.orders->transactions().take_events()) {
        Meter& meter = tracked(source).meter;
        take(meter.transaction, event);
        for (const auto& outlet : outlets_) {
            outlet->transaction(meter, event, now, out);
        }
    }
}

void Bridge::delivered(const std::string& topic, std::size_t link) {
    for (const auto& outlet : outlets_) {
        if (outlet->link() == link) {
            outlet->delivered(topic);
        }
    }
}

} // namespace gridbridge
