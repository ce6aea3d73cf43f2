#include "mqtt/venus/venus_system.hpp"

#include "drivers/waist/phase_quantities.hpp"
#include "mqtt/outlet/payload.hpp"
#include "mqtt/outlet/phases.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <tuple>
#include <utility>

namespace gridbridge {
namespace {

constexpr int source_grid = 1; // of an AC input; 2 genset, 3 shore

int phases_with_power(const Reading& reading) {
    constexpr auto phases = phases_of(Quantity::Power);
    return static_cast<int>(
        std::count_if(phases.begin(), phases.end(), [&](Quantity phase) { return reading.has(phase); }));
}

} // namespace

// Clients take a version only in the form of a GX, "v3.60".
VenusSystem::VenusSystem(std::string_view portal_id, std::string_view version)
    : platform_(portal_id, "platform", 0, false), system_(portal_id, "system", 0, false) {
    Messages unsaid;
    platform_.set("Firmware/Installed/Version",
                  version.empty() ? null_payload() : value_payload("v" + std::string(version)), false, {},
                  unsaid);
}

void VenusSystem::take(const Meter& meter, bool awake, Clock::time_point now, Messages& out) {
    if (meter.role != "grid") {
        return;
    }
    Grid& grid = grids_[meter.source];
    grid.live = true;
    grid.has_phases = grid.has_phases || has_phase_power(meter.reading);
    grid.source = meter.source;
    const bool is_renumbered = std::exchange(grid.instance, meter.instance) != meter.instance;
    grid.product_id = meter.info.product_id;
    grid.device_type = meter.info.device_type;
    grid.service_name = "com.victronenergy.grid." + meter.device_id;
    grid.reading = grid.has_phases ? meter.reading : totals_on_l1(meter.reading);
    if (shown_ == nullptr || goes_before(grid.instance, grid.source, *shown_)) {
        shown_ = &grid;
    } else if (&grid != shown_) { // nothing that is shown has changed
        return;
    } else if (is_renumbered) {
        shown_ = lowest();
    }
    show(awake, now, out);
}

bool VenusSystem::goes_before(int instance, SourceId source, const Grid& other) {
    return std::tie(instance, source) < std::tie(other.instance, other.source);
}

void VenusSystem::lose(SourceId source, bool awake, Clock::time_point now, Messages& out) {
    if (const auto known = grids_.find(source); known != grids_.end()) {
        known->second.live = false;
        if (shown_ == &known->second) {
            shown_ = lowest();
            show(awake, now, out);
        }
    }
}

const VenusSystem::Grid* VenusSystem::lowest() const {
    const Grid* lowest = nullptr;
    for (const auto& [source, grid] : grids_) {
        if (grid.live && (lowest == nullptr || goes_before(grid.instance, source, *lowest))) {
            lowest = &grid;
        }
    }
    return lowest;
}

void VenusSystem::show(bool awake, Clock::time_point now, Messages& out) {
    const Grid* const grid = shown_;
    const auto set = [&](const std::string& path, auto value_of) {
        system_.set(path, grid != nullptr ? value_payload(value_of(*grid)) : null_payload(), awake, now, out);
    };
    for (int phase = 1; phase <= 3; ++phase) {
        for (const auto& [name, total, decimals] :
             {std::tuple("/Power", Quantity::Power, 2), std::tuple("/Current", Quantity::Current, 3)}) {
            const auto value = grid != nullptr ? grid->reading.get(of_phase(total, phase)) : std::nullopt;
            system_.set("Ac/Grid/L" + std::to_string(phase) + name, value_payload(value, decimals), awake,
                        now, out);
        }
    }
    const int phases = grid != nullptr ? phases_with_power(grid->reading) : 0;
    system_.set("Ac/Grid/NumberOfPhases", phases > 0 ? value_payload(phases) : null_payload(), awake, now,
                out);
    set("Ac/Grid/ProductId", [](const Grid& g) { return g.product_id; });
    set("Ac/Grid/DeviceType", [](const Grid& g) { return g.device_type; });
    set("Ac/ActiveIn/Source", [](const Grid&) { return source_grid; });
    set("Ac/In/0/Source", [](const Grid&) { return source_grid; });
    set("Ac/In/0/Connected", [](const Grid&) { return 1; });
    set("Ac/In/0/DeviceInstance", [](const Grid& g) { return g.instance; });
    set("Ac/In/0/ServiceType", [](const Grid&) { return "grid"; });
    set("Ac/In/0/ServiceName", [](const Grid& g) { return std::string_view(g.service_name); });
}

void VenusSystem::publish_all(Clock::time_point now, Messages& out) {
    platform_.publish_all(now, out);
    system_.publish_all(now, out);
}

void VenusSystem::repeat(Clock::time_point limit, Clock::time_point now, Messages& out) {
    platform_.repeat(limit, now, out);
    system_.repeat(limit, now, out);
}

void VenusSystem::read(const VenusTopic& topic, Clock::time_point now, Messages& out) {
    if (topic.instance == 0 && topic.type == "platform") {
        platform_.read(topic.path, now, out);
    } else if (topic.instance == 0 && topic.type == "system") {
        system_.read(topic.path, now, out);
    }
}

void VenusSystem::withdraw(Messages& out) const {
    platform_.withdraw(out);
    system_.withdraw(out);
}

} // namespace gridbridge
