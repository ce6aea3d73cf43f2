// Publishes beside the service: for verbs.
#pragma once

#include "app/config/config.hpp"
#include "app/service/client_events.hpp"
#include "mqtt/connection/client.hpp"
#include "mqtt/outlet/outlet.hpp"

#include <memory>
#include <string>

namespace gridbridge {

// One thread. Time is that of the system, also on a thread with a time of its own.
class GuestPublisher {
  public:
    // Connects to the first broker of the configuration that takes it within 10 s. Throws std::runtime_error
    // (broker, reason).
    GuestPublisher(const Config& config, const std::string& portal_id);

    // In order; waits while the broker is slower. Throws std::runtime_error when the connection is lost.
    void publish(const Messages& messages);
    // What was published is with the broker, or 10 s have passed.
    void finish();

  private:
    void look_for_loss();

    ClientEvents events_;
    std::unique_ptr<MqttClient> client_;
    std::string server_;
};

} // namespace gridbridge
