#include "drivers/driver.hpp"
#include "drivers/modbus/bus_driver.hpp"
#include "drivers/stream/stream_driver.hpp"

#include <map>
#include <string>
#include <utility>

namespace gridbridge {
namespace {

using Served = std::vector<std::pair<SourceId, MeterConfig>>;

MeterConfig with_model(MeterConfig meter, std::string_view model) {
    meter.model = model;
    return meter;
}

} // namespace

std::string connection_key(const MeterConfig& meter) {
    return std::string(name_of(meter.transport)) + "|" + meter.path + "|" + meter.host + "|" +
           std::to_string(meter.port);
}

std::vector<std::unique_ptr<Driver>> make_drivers(std::span<const MeterConfig> meters, Handoff& handoff,
                                                  Orders& orders, const Log& log) {
    std::vector<std::unique_ptr<Driver>> drivers;
    std::map<std::string, Served> buses;
    for (std::size_t i = 0; i < meters.size(); ++i) {
        const SourceId source{static_cast<std::uint16_t>(i), 0};
        const MeterConfig& meter = meters[i];
        switch (meter.driver) {
        case DriverKind::CarloGavazzi:
        case DriverKind::SunSpec:
            buses[connection_key(meter)].emplace_back(source, meter);
            break;
        case DriverKind::Em580:
            buses[connection_key(meter)].emplace_back(source, with_model(meter, "em580"));
            break;
        case DriverKind::P1:
        case DriverKind::Sml:
        case DriverKind::D0:
            drivers.push_back(make_stream_driver(source, meter, handoff, log));
            break;
        }
    }
    for (auto& [key, served] : buses) {
        drivers.push_back(make_bus_driver(std::move(served), handoff, orders, log));
    }
    return drivers;
}

} // namespace gridbridge
