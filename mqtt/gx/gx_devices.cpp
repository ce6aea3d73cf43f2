#include "mqtt/gx/gx_devices.hpp"

#include "mqtt/outlet/payload.hpp"
#include "mqtt/outlet/phases.hpp"
#include "mqtt/outlet/venus_request.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;

constexpr auto ask_again = 2s;      // a registration the driver was not there for is lost without trace
constexpr auto repeat_status = 30s; // a restarted driver has forgotten us
constexpr auto complain_after = 10s;
// After an answer: the driver answers before the broker of the GX knows the new service, and that drops what
// it does not know.
constexpr std::array<Clock::duration, 3> write_again{1s, 3s, 10s};

} // namespace

GxDevices::GxDevices(GxDevicesOptions options)
    : options_(std::move(options)), client_id_(gx_client_id(options_.portal_id)), choice_(options_.meter) {}

void GxDevices::log(LogLevel level, const std::string& text) const {
    if (options_.log) {
        options_.log(level, "gx", text);
    }
}

void GxDevices::publish(std::string topic, std::string payload, Messages& out) const {
    out.push_back({std::move(topic), std::move(payload), false, gx_link});
}

void GxDevices::publish_status(Clock::time_point now, Messages& out) {
    publish(gx_status_topic(client_id_),
            gx_registration(client_id_, options_.version, offer_->label, offer_->type), out);
    announced_ = true;
    status_at_ = now + ask_again;
    unanswered_since_ = unanswered_since_.value_or(now);
}

void GxDevices::publish_farewell(Messages& out) {
    if (announced_) {
        publish(gx_status_topic(client_id_), gx_farewell(client_id_, options_.version), out);
    }
    announced_ = false;
    service_.reset();
    status_at_.reset();
    unanswered_since_.reset();
}

void GxDevices::connected(Clock::time_point now, Messages& out) {
    linked_ = true;
    service_.reset();
    unanswered_since_.reset();
    if (offer_) {
        publish_status(now, out);
    }
}

void GxDevices::make_offer(const Meter& meter) {
    if (find_gx_type(meter.role) == nullptr) {
        if (refused_role_ != meter.role) {
            log(LogLevel::Warn, "the role " + meter.role + " of meter " + meter.info.serial +
                                    " is not known to dbus-mqtt-devices: the GX does not get it");
            refused_role_ = meter.role;
        }
        return;
    }
    refused_role_.clear();
    offer_ = Offer{gx_name(meter.info.serial),
                   meter.role,
                   meter.info.product_name + " " + meter.info.serial,
                   meter.name,
                   false,
                   {}};
}

void GxDevices::reading(const Meter& meter, Clock::time_point now, Messages& out) {
    if (!choice_.is(meter)) {
        return;
    }
    const bool fresh = !offer_;
    if (fresh) {
        make_offer(meter);
    }
    if (!offer_) {
        return;
    }
    offer_->name = meter.name;
    offer_->has_phases = offer_->has_phases || has_phase_power(meter.reading);
    offer_->values = gx_values(offer_->type, meter.info, meter.reading, !offer_->has_phases);
    if (fresh && linked_) {
        publish_status(now, out);
    }
    write_changes(out);
}

void GxDevices::lost(const Meter& meter, Clock::time_point /*now*/, Messages& out) {
    if (offer_ && choice_.is(meter)) {
        offer_->values = gx_values(offer_->type, meter.info, Reading{}, false);
        write_changes(out);
    }
}

void GxDevices::gone(const Meter& meter, Messages& out) {
    if (choice_.is(meter)) {
        take_back_values(out);
        offer_.reset();
        publish_farewell(out);
    }
}

void GxDevices::take_back_values(Messages& out) const {
    if (service_ && offer_) {
        for (const auto& [path, payload] : offer_->values) {
            out.push_back(taken_back("W/" + service_->topic + "/" + std::string(path), gx_link));
        }
    }
}

void GxDevices::write_changes(Messages& out) {
    if (!service_) {
        return;
    }
    for (const auto& [path, payload] : offer_->values) {
        std::string& written = written_[path];
        if (written != payload) {
            written = payload;
            publish("W/" + service_->topic + "/" + std::string(path), payload, out);
        }
    }
}

void GxDevices::write_all(Messages& out) {
    written_.clear();
    write_changes(out);
    if (name_pending_) {
        publish("R/" + service_->topic + "/CustomName", {}, out);
    }
}

std::optional<Clock::time_point> GxDevices::write_again_at() const {
    return service_ && written_again_ < write_again.size()
               ? std::optional(answered_at_ + write_again.at(written_again_))
               : std::nullopt;
}

// Each answer may mean that the service is a new one, with all values null: everything is written anew.
void GxDevices::take_answer(std::string_view payload, Clock::time_point now, Messages& out) {
    const auto services = parse_gx_answer(payload);
    if (!services || !offer_) {
        return;
    }
    const auto ours = services->find(offer_->label);
    if (services->size() != 1 || ours == services->end() || ours->second.type != offer_->type) {
        // The driver keeps an older list until its owner leaves.
        announced_ = true;
        publish_farewell(out);
        status_at_ = now + ask_again;
        return;
    }
    if (service_ != ours->second) {
        log(LogLevel::Info, "the GX shows " + offer_->title + " as " + ours->second.topic);
        service_ = ours->second;
    }
    unanswered_since_.reset();
    complained_ = false;
    status_at_ = now + repeat_status;
    answered_at_ = now;
    written_again_ = 0;
    write_all(out);
}

// Zero bytes: the service has left the GX, its driver has stopped. A name its owner chose is not touched.
void GxDevices::take_name(const std::string& payload, Clock::time_point now, Messages& out) {
    if (payload.empty()) {
        service_.reset();
        publish_status(now, out);
        return;
    }
    const auto value = name_pending_ ? parse_write(payload) : std::nullopt;
    const auto* const shown = value ? std::get_if<std::string>(&*value) : nullptr;
    if (shown == nullptr) {
        return;
    }
    name_pending_ = false;
    if (*shown == find_gx_type(offer_->type)->default_name && !offer_->name.empty()) {
        publish("W/" + service_->topic + "/CustomName", value_payload(std::string_view(offer_->name)), out);
    }
}

void GxDevices::request(const Message& message, Clock::time_point now, Messages& out) {
    if (message.retain) {
        return; // a replay says nothing about now
    }
    if (message.topic == "device/" + client_id_ + "/DBus") {
        take_answer(message.payload, now, out);
    } else if (service_ && offer_ && message.topic == "N/" + service_->topic + "/CustomName") {
        take_name(message.payload, now, out);
    }
}

void GxDevices::tick(Clock::time_point now, Messages& out) {
    if (!linked_ || !offer_) {
        return;
    }
    const auto again = write_again_at();
    if (again && now >= *again) {
        ++written_again_;
        write_all(out);
    }
    if (status_at_ && now >= *status_at_) {
        register_again(now, out);
    }
}

void GxDevices::register_again(Clock::time_point now, Messages& out) {
    const bool heard = !options_.linked || options_.linked();
    if (heard && unanswered_since_ && now - *unanswered_since_ >= complain_after && !complained_) {
        complained_ = true;
        log(LogLevel::Warn, "the GX does not answer the registration of " + offer_->title +
                                ": install dbus-mqtt-devices there, and check that it runs; still "
                                "asking");
    }
    publish_status(now, out);
}

Clock::time_point GxDevices::next_tick(Clock::time_point now) const {
    if (!linked_ || !offer_) {
        return now + 60s;
    }
    return std::min({status_at_.value_or(now + 60s), write_again_at().value_or(now + 60s)});
}

void GxDevices::leave(Messages& out) {
    publish_farewell(out);
}

std::vector<std::string> GxDevices::filters() const {
    std::vector<std::string> filters{"device/" + client_id_ + "/DBus"};
    for (const std::string_view type : gx_types()) {
        filters.push_back("N/+/" + std::string(type) + "/+/CustomName");
    }
    return filters;
}

} // namespace gridbridge
