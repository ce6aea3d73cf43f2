// Many simulated meters on one thread, each with a TCP port of its own. Cheap: the machine is for the
// service.
#pragma once

#include "drivers/io/descriptor.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <thread>
#include <vector>

namespace gridbridge::bench {

// All calls on the thread of its crowd.
class CrowdMeter {
  public:
    using Write = std::function<void(std::span<const std::uint8_t> bytes)>;

    virtual ~CrowdMeter() = default;
    virtual std::string scheme() const = 0; // of its URI
    // What the client has sent so far; the meter removes what it has understood.
    virtual void take(std::vector<std::uint8_t>& /*received*/, const Write& /*write*/) {}
    // Once a second, while there is a client.
    virtual void beat(const Write& /*write*/) {}
};

class Crowd {
  public:
    explicit Crowd(std::vector<std::unique_ptr<CrowdMeter>> meters);
    Crowd(const Crowd&) = delete;
    Crowd& operator=(const Crowd&) = delete;
    ~Crowd();

    const std::vector<std::string>& uris() const { return uris_; }

  private:
    struct Place {
        std::unique_ptr<CrowdMeter> meter;
        Descriptor listener, client; // the newest client: others have been given up
        std::vector<std::uint8_t> received{};
    };

    void serve();
    void look_at(std::size_t event);
    void accept_client(std::size_t number);
    void receive(Place& place);
    void watch(int fd, std::size_t event) const;

    std::vector<Place> places_;
    std::vector<std::string> uris_;
    Descriptor events_; // epoll: a listener's number is that of its place, a client's is `count` more
    Descriptor stop_;   // eventfd
    std::thread thread_;
};

} // namespace gridbridge::bench
