// MQTT 3.1.1 at QoS 0 over one socket with TCP_NODELAY: nothing between the socket and the clock.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>

namespace gridbridge::bench {

class RawMqtt {
  public:
    using Sink = std::function<void(std::string_view topic, std::string_view payload,
                                    std::chrono::steady_clock::time_point at)>;

    // Subscribed to `filter` when constructed; `sink` runs on a thread of its own. Throws std::runtime_error.
    RawMqtt(int port, const std::string& filter, Sink sink)
        : RawMqtt(port, filter, sink, "bench-" + filter) {}
    RawMqtt(int port, const std::string& filter, Sink sink, const std::string& client_id);
    RawMqtt(const RawMqtt&) = delete;
    RawMqtt& operator=(const RawMqtt&) = delete;
    ~RawMqtt();

    void publish(const std::string& topic, const std::string& payload) const;

  private:
    void packet(std::uint8_t type, const std::string& body) const;
    void receive();
    std::size_t take_packet(std::string_view bytes, std::chrono::steady_clock::time_point at) const;

    int fd_;
    Sink sink_;
    std::thread receiver_;
};

// The number in {"value": 12.5}; NaN when it is none.
double value_of(std::string_view payload);

} // namespace gridbridge::bench
