// Asks a broker what our user may publish. Only MQTT 5 tells: with 3.1.1 a message that access rules deny is
// acknowledged like any other.
#pragma once

#include "mqtt/broker/paho_client.hpp"

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace gridbridge {

// Publisher thread only. Each question has a connection and a thread of its own, for seconds; nothing here
// waits, but the destructor for that thread to end.
class AccessProbe {
  public:
    AccessProbe() = default;
    AccessProbe(const AccessProbe&) = delete;
    AccessProbe& operator=(const AccessProbe&) = delete;
    virtual ~AccessProbe() = default;

    // Publishes these to server number `server`; a question before is given up.
    virtual void ask(std::size_t server, std::vector<Message> messages) = 0;
    // Once answered: by topic whether it may be published. A topic that is missing is not known, as with a
    // broker that has no MQTT 5. Asked once.
    virtual std::optional<std::map<std::string, bool>> take_answers() = 0;
};

// `answered` is called from any thread.
std::unique_ptr<AccessProbe> make_access_probe(BrokerOptions options, std::function<void()> answered);

} // namespace gridbridge
