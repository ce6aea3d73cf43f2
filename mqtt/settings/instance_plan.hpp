// Which instance each configured meter will have that has none yet: promised in the order of the
// configuration, so that it does not depend on who answers first. Pure.
#pragma once

#include "mqtt/outlet/setting_value.hpp"
#include "mqtt/settings/settings.hpp"

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace gridbridge {

// What is known of a [[meter]] before it has answered.
struct PlannedMeter {
    std::string place;           // as Settings::Device::place; empty: none that a device was seen at
    std::string role;            // of the configuration, else of its driver
    bool role_is_chosen = false; // by the configuration
    std::optional<int> instance; // of the configuration
};

class InstancePlan {
  public:
    explicit InstancePlan(std::vector<PlannedMeter> meters = {}) : meters_(std::move(meters)) {}

    // For other settings: all promises anew.
    void renew(const Settings& settings);
    // Promises to those that have neither a number nor a promise.
    void fill(const Settings& settings);
    // The promise to a meter that has answered; it is none any more.
    std::optional<ClassInstance> take(std::size_t meter);
    // A device has the number now: whoever it was promised to gets the next free one.
    void given_away(const ClassInstance& number, const Settings& settings);

    Settings::Numbers numbers() const;

  private:
    std::optional<std::string> class_to_promise(const PlannedMeter& meter, const Settings& settings) const;
    void promise(std::size_t meter, const std::string& service_class, const Settings& settings);

    std::vector<PlannedMeter> meters_;
    std::map<std::size_t, ClassInstance> promises_; // by meter
};

} // namespace gridbridge
