#include "mqtt/transactions/waiting_clients.hpp"

#include <algorithm>
#include <utility>

namespace gridbridge {
namespace {

constexpr std::size_t longest_response_topic = 1024;

// A topic to publish on, and none that would look like one of a meter.
bool is_response_topic(std::string_view topic) {
    return !topic.empty() && topic.size() <= longest_response_topic &&
           topic.find_first_of(std::string_view("+#\0", 3)) == std::string_view::npos &&
           !topic.starts_with("N/") && !topic.starts_with("gridbridge/") && !topic.starts_with('$');
}

} // namespace

void WaitingClients::add(const SourceId& meter, WaitingClient client) {
    auto& waiting = waiting_[meter];
    if (is_response_topic(client.topic) && waiting.size() < max_per_meter) {
        waiting.push_back(std::move(client));
    }
}

std::optional<WaitingClient> WaitingClients::take(const SourceId& meter, std::string_view transaction_id,
                                                  bool is_stop) {
    auto& waiting = waiting_[meter];
    const auto client = std::find_if(waiting.begin(), waiting.end(), [&](const WaitingClient& entry) {
        return entry.transaction_id == transaction_id && entry.is_stop == is_stop;
    });
    if (client == waiting.end()) {
        return std::nullopt;
    }
    WaitingClient taken = std::move(*client);
    waiting.erase(client);
    return taken;
}

} // namespace gridbridge
