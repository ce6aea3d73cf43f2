// Clients of MQTT 5 that want the answer to their request on a topic of their own. Pure.
#pragma once

#include "mqtt/outlet/meter.hpp"

#include <cstddef>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace gridbridge {

struct WaitingClient {
    std::string transaction_id;
    bool is_stop = false;
    std::string topic, correlation;
};

// Publisher thread only.
class WaitingClients {
  public:
    static constexpr std::size_t max_per_meter = 32;

    // Not kept: a topic that nobody can be answered on, and one too many.
    void add(const SourceId& meter, WaitingClient client);
    // Who has waited longest for the answer to that request, taken off.
    std::optional<WaitingClient> take(const SourceId& meter, std::string_view transaction_id, bool is_stop);

  private:
    std::map<SourceId, std::deque<WaitingClient>> waiting_;
};

} // namespace gridbridge
