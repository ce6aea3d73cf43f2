#include "tests/mill/installation.hpp"

#include "drivers/io/recorded_wire.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace gridbridge::mill {

Clock::time_point mill_time(double seconds) {
    return mill_begin + std::chrono::duration_cast<Clock::duration>(Seconds(seconds));
}

double mill_seconds(Clock::time_point at) {
    return Seconds(at - mill_begin).count();
}

Installation::Installation(const Plan& plan, Clock::time_point begin) : plan_(plan) {
    truths_.reserve(plan.meters.size());
    for (const PlannedMeter& meter : plan.meters) {
        truths_.emplace_back(meter);
    }
    for (std::size_t number = 0; number < plan.lines.size(); ++number) {
        std::vector<Truth*> on_line;
        for (Truth& truth : truths_) {
            if (truth.meter().line == number) {
                on_line.push_back(&truth);
            }
        }
        lines_.push_back(std::make_unique<Line>(plan, number, begin, on_line));
    }
}

std::vector<MeterConfig> Installation::configs() const {
    std::vector<MeterConfig> configs;
    for (const PlannedMeter& planned : plan_.meters) {
        if (planned.takes_a_place) {
            continue;
        }
        MeterConfig config;
        for (const std::string& problem : parse_meter_uri(planned.uri, config)) {
            throw std::runtime_error(planned.uri + ": " + problem);
        }
        config.role = planned.role;
        config.netting = (plan_.seed + configs.size()) % 2 == 0;
        configs.push_back(std::move(config));
    }
    return configs;
}

DriverWires Installation::wires(std::function<void(const std::string& uri, const WireEvent& event)> tap) {
    return [this, tap = std::move(tap)](std::span<const MeterConfig> meters) -> DriverWire {
        const std::string uri = meters.front().uri;
        const auto planned =
            std::find_if(plan_.meters.begin(), plan_.meters.end(), [&](const PlannedMeter& meter) {
                return meter.uri.substr(0, meter.uri.find('?')) == uri;
            });
        if (planned == plan_.meters.end()) {
            throw std::runtime_error("mill: no meter at " + uri);
        }
        Line& line = *lines_[planned->line];
        return {[&line, tap, uri](const MeterConfig& /*meter*/) {
            return make_recorded_wire(make_faulty_wire(line), nullptr,
                                      [tap, uri](const WireEvent& event) { tap(uri, event); });
        }};
    };
}

} // namespace gridbridge::mill
