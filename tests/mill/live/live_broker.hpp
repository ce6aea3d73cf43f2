// A real mosquitto with a subscriber to everything: it can go, come back and stand still.
#pragma once

#include "tests/integration/process.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace gridbridge::mill {

// The subscriber never comes over TLS: what is said to it is what the broker was told, whichever way.
class LiveBroker {
  public:
    // `host`: its name in the configuration of the program and in its certificate.
    LiveBroker(const std::string& host, bool has_tls);

    std::string configuration() const; // lines of the program's, the table [mqtt]
    // True: it has gone now, with all that it retained.
    bool be_there(bool wanted);
    void stand_still(bool wanted);
    bool takes() const { return subscriber_ && !is_still_; }
    std::vector<testing_support::Arrived> heard(); // since the last time
    void publish(const std::string& topic, const std::string& payload) const;

  private:
    struct Tls {
        int port;
        testing_support::Folder folder;
    };

    std::string host_;
    std::unique_ptr<Tls> tls_; // none: without
    std::optional<testing_support::Broker> broker_;
    std::unique_ptr<testing_support::Subscriber> subscriber_; // none: it is down
    bool is_still_ = false;
};

} // namespace gridbridge::mill
