#include "tests/mill/live/live_broker.hpp"

#include "tests/fakes/free_port.hpp"
#include "tests/integration/certificates.hpp"

#include <utility>

namespace gridbridge::mill {

using testing_support::Arrived;
using testing_support::Subscriber;

LiveBroker::LiveBroker(const std::string& host, bool has_tls) : host_(host) {
    std::string listener;
    if (has_tls) {
        tls_ = std::make_unique<Tls>();
        tls_->port = free_port();
        testing_support::make_authority(tls_->folder, "ca");
        testing_support::make_certificate(tls_->folder, "ca", host);
        listener = testing_support::tls_listener(tls_->port, tls_->folder, "ca", host);
    }
    broker_.emplace(true, listener);
    subscriber_ = std::make_unique<Subscriber>(*broker_);
}

std::string LiveBroker::configuration() const {
    const std::string place = host_ + ":" + std::to_string(tls_ ? tls_->port : broker_->port());
    return "[mqtt]\nservers = [\"" + std::string(tls_ ? "mqtts://" : "mqtt://") + place + "\"]\n" +
           (tls_ ? "ca_file = \"" + tls_->folder.path("ca.crt") + "\"\n" : "");
}

bool LiveBroker::be_there(bool wanted) {
    if (wanted == (subscriber_ != nullptr)) {
        return false;
    }
    if (wanted) {
        broker_->start();
        subscriber_ = std::make_unique<Subscriber>(*broker_);
        return false;
    }
    stand_still(false);
    subscriber_.reset();
    broker_->kill();
    return true;
}

void LiveBroker::stand_still(bool wanted) {
    wanted = wanted && subscriber_;
    if (std::exchange(is_still_, wanted) != wanted) {
        broker_->pause(wanted);
    }
}

std::vector<Arrived> LiveBroker::heard() {
    return subscriber_ ? subscriber_->take() : std::vector<Arrived>();
}

void LiveBroker::publish(const std::string& topic, const std::string& payload) const {
    broker_->publish(topic, payload);
}

} // namespace gridbridge::mill
