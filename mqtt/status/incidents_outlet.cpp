#include "mqtt/status/incidents_outlet.hpp"

#include "mqtt/outlet/topics.hpp"

#include <chrono>
#include <utility>

namespace gridbridge {
namespace {

constexpr std::chrono::seconds tick_period(10);
constexpr std::chrono::seconds errors_period(1); // at most so often

} // namespace

IncidentsOutlet::IncidentsOutlet(IncidentTriggers& triggers, IncidentsOptions options)
    : triggers_(triggers), options_(std::move(options)), topic_(incidents_topic(options_.portal_id)) {}

void IncidentsOutlet::keep(const std::string& meter, const std::string& cause, Clock::time_point now) {
    if (triggers_.wants(meter, cause, now)) {
        options_.keep(meter, cause, now);
    }
}

void IncidentsOutlet::connected(Clock::time_point /*now*/, Messages& out) {
    is_connected_ = true;
    publish(out);
}

void IncidentsOutlet::reading(const Meter& meter, Clock::time_point now, Messages& /*out*/) {
    if (triggers_.begins_to_hold(meter)) {
        keep(meter.info.serial, "energy held back", now);
    }
}

void IncidentsOutlet::lost(const Meter& meter, Clock::time_point now, Messages& /*out*/) {
    keep(meter.info.serial, "lost", now);
}

void IncidentsOutlet::tick(Clock::time_point now, Messages& out) {
    if (now >= tick_at_) {
        tick_at_ = now + tick_period;
        options_.tick(now);
    }
    if (now >= errors_at_) {
        errors_at_ = now + errors_period;
        for (const Finding& error : triggers_.new_errors(options_.findings())) {
            keep(error.meter, std::string(finding_row(error.code).name), now);
        }
    }
    if (is_connected_ && options_.changes() != published_) {
        publish(out);
    }
}

void IncidentsOutlet::publish(Messages& out) {
    published_ = options_.changes();
    out.push_back({topic_, options_.list(), true});
}

void IncidentsOutlet::leave(Messages& out) {
    if (is_connected_) {
        out.push_back({topic_, {}, true});
    }
}

} // namespace gridbridge
