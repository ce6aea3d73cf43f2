#include "mqtt/doctor/findings_outlet.hpp"

#include "mqtt/outlet/topics.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;

constexpr auto look_period = 10s;
constexpr auto look_after_change = 2s;
constexpr auto evidence_period = 5min;

} // namespace

FindingsOutlet::FindingsOutlet(FindingsBook& book, FindingsOutletOptions options)
    : book_(book), options_(std::move(options)), topic_(findings_topic(options_.portal_id)) {}

void FindingsOutlet::connected(Clock::time_point now, Messages& out) {
    is_connected_ = true;
    look(now); // what is found may be of the connection
    publish(now, out);
}

void FindingsOutlet::reading(const Meter& meter, Clock::time_point now, Messages& /*out*/) {
    if (live_.insert(meter.source).second) {
        look_soon(now);
    }
    options_.reading(meter, now);
}

void FindingsOutlet::lost(const Meter& meter, Clock::time_point now, Messages& /*out*/) {
    live_.erase(meter.source);
    look_soon(now);
}

void FindingsOutlet::gone(const Meter& meter, Messages& /*out*/) {
    live_.erase(meter.source);
}

void FindingsOutlet::look_soon(Clock::time_point now) {
    look_at_ = std::min(look_at_, now + look_after_change);
}

void FindingsOutlet::look(Clock::time_point now) {
    look_at_ = now + look_period;
    std::vector<Finding> found = options_.look(now);
    book_.take(std::move(found), now, options_.unix_ms());
}

void FindingsOutlet::tick(Clock::time_point now, Messages& out) {
    if (now < look_at_) {
        return;
    }
    look(now);
    if (is_connected_ && has_news(now)) {
        publish(now, out);
    }
}

bool FindingsOutlet::has_news(Clock::time_point now) const {
    return !say_the_same(published_, book_.findings()) ||
           (now - published_at_ >= evidence_period && published_ != book_.findings());
}

void FindingsOutlet::publish(Clock::time_point now, Messages& out) {
    published_ = book_.findings();
    published_at_ = now;
    out.push_back({topic_, findings_json(published_, book_.wall().at, book_.wall().unix_ms), true});
}

void FindingsOutlet::leave(Messages& out) {
    if (is_connected_) {
        out.push_back({topic_, {}, true});
    }
}

} // namespace gridbridge
