#include "mqtt/leftovers/retained_values.hpp"

#include "mqtt/outlet/payload.hpp"
#include "mqtt/outlet/venus_table.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;

// A broker sends what it has kept right after the subscription.
constexpr auto look = 5s;

// Who the meter is stays, as with any meter that is lost.
std::optional<std::string> payload_of_lost(std::string_view path) {
    if (path == "Connected") {
        return value_payload(0);
    }
    const bool measured = std::any_of(venus_table.begin(), venus_table.end(),
                                      [&](const VenusRow& row) { return row.path == path; });
    return measured || path.starts_with("Ac/") || path.starts_with("Transaction/")
               ? std::optional(null_payload())
               : std::nullopt;
}

} // namespace

std::string RetainedValues::service_prefix(const std::string& service_class, int instance) const {
    return "N/" + options_.portal_id + "/" + service_class + "/" + std::to_string(instance) + "/";
}

std::vector<std::string> RetainedValues::retained_filters(const std::vector<RememberedMeter>& remembered) {
    filters_.clear();
    for (const RememberedMeter& meter : remembered) {
        const std::string prefix = service_prefix(meter.service_class, meter.instance);
        services_[prefix].is_looked_at = false;
    }
    for (const auto& [prefix, service] : services_) { // also of those that were back before any connection
        if (!service.is_looked_at) {
            filters_.push_back(prefix + "#");
        }
    }
    return filters_;
}

void RetainedValues::connected(Clock::time_point now, Messages& /*out*/) {
    vanish_at_ = vanish_at_.value_or(now + options_.vanish_after);
    look_until_ = now + look;
    for (auto& [prefix, service] : services_) {
        for (auto& [topic, kept] : service.topics) {
            kept.is_null = false; // it may not have got through
        }
    }
}

RetainedValues::Kept RetainedValues::kept_of(std::string_view path) {
    Kept kept;
    const auto row = std::find_if(venus_table.begin(), venus_table.end(),
                                  [&](const VenusRow& entry) { return entry.path == path; });
    if (row != venus_table.end() && row->presence == Presence::IfMeasured) {
        kept.if_measured = row->quantity;
    }
    return kept;
}

bool RetainedValues::is_left(const Service& service, const Kept& kept) {
    return !service.is_back || (kept.if_measured && !service.measured.test(index_of(*kept.if_measured)));
}

// Also what is published here: the meter may go before the look is over.
void RetainedValues::retained(const Message& message, Clock::time_point /*now*/) {
    for (auto& [prefix, service] : services_) {
        if (message.topic.starts_with(prefix) && !message.payload.empty()) {
            service.topics.try_emplace(message.topic,
                                       kept_of(std::string_view(message.topic).substr(prefix.size())));
        }
    }
}

void RetainedValues::forget_published(Service& service) {
    std::erase_if(service.topics, [&](const auto& entry) { return !is_left(service, entry.second); });
}

void RetainedValues::reading(const Meter& meter, Clock::time_point /*now*/, Messages& /*out*/) {
    const std::string prefix = service_prefix(meter.role, meter.instance);
    Service& service = services_[prefix];
    service.is_back = true;
    service.is_gone = false;
    for (const VenusRow& row : venus_table) {
        if (meter.reading.has(row.quantity)) {
            service.measured.set(index_of(row.quantity));
        }
    }
    if (service.is_looked_at) {
        forget_published(service);
    }
}

void RetainedValues::gone(const Meter& meter, Messages& /*out*/) {
    const auto known = services_.find(service_prefix(meter.role, meter.instance));
    if (known != services_.end()) {
        Service& service = known->second;
        service.is_back = false;
        service.is_gone = true;
        service.is_looked_at = false;
        service.measured.reset();
    }
}

void RetainedValues::tick(Clock::time_point now, Messages& out) {
    const bool is_over = vanish_at_ && now >= *vanish_at_;
    for (auto& [prefix, service] : services_) {
        const bool is_gone = is_over || service.is_gone;
        for (auto& [topic, kept] : service.topics) {
            if (!is_left(service, kept)) {
                continue;
            }
            if (is_gone) {
                out.push_back({topic, {}, true});
            } else if (!kept.is_null) {
                if (auto payload = payload_of_lost(std::string_view(topic).substr(prefix.size()))) {
                    out.push_back({topic, std::move(*payload), true});
                }
            }
            kept.is_null = true;
        }
        if (is_gone) {
            std::erase_if(service.topics, [](const auto& entry) { return entry.second.is_null; });
        }
    }
    if (look_until_ && now >= *look_until_) {
        end_look();
    }
}

void RetainedValues::end_look() {
    look_until_.reset();
    for (auto& [prefix, service] : services_) {
        if (std::find(filters_.begin(), filters_.end(), prefix + "#") != filters_.end()) {
            service.is_looked_at = true;
            forget_published(service);
        }
    }
    is_over_ = true; // a meter that comes back must not be heard through the broker
}

Clock::time_point RetainedValues::next_tick(Clock::time_point now) const {
    Clock::time_point next = look_until_.value_or(now + 1h);
    for (const auto& [prefix, service] : services_) {
        for (const auto& [topic, kept] : service.topics) {
            if (!is_left(service, kept)) {
                continue;
            }
            next = kept.is_null && !service.is_gone ? std::min(next, vanish_at_.value_or(next)) : now;
        }
    }
    return next;
}

std::vector<std::string> RetainedValues::take_left_filters() {
    return std::exchange(is_over_, false) ? std::exchange(filters_, {}) : std::vector<std::string>();
}

} // namespace gridbridge
