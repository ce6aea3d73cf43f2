#include "drivers/factory.hpp"

#include "drivers/gateways.hpp"
#include "drivers/io/recorded_wire.hpp"
#include "drivers/io/resolve.hpp"
#include "drivers/modbus/bus_driver.hpp"
#include "drivers/modbus/line/modbus_wire.hpp"
#include "drivers/stream/d0_line_driver.hpp"
#include "drivers/stream/source/byte_source.hpp"
#include "drivers/stream/stream_driver.hpp"

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <utility>

namespace gridbridge {
namespace {

using Served = std::vector<std::pair<SourceId, MeterConfig>>;

MeterConfig with_model(MeterConfig meter, std::string_view implied) {
    if (!implied.empty()) {
        meter.model = implied;
    }
    return meter;
}

// Connections that have their turn in one instant: more together make values wait for one another, and one
// alone costs as much processor time in waking up as several in work.
constexpr std::size_t read_together = 4;

// Of many connections, which are not all read in one instant.
class Spread {
  public:
    explicit Spread(std::size_t connections) : groups_((connections + read_together - 1) / read_together) {}

    // Where in its interval a connection has its turn, 0..1; nothing: there is one group only.
    std::optional<double> share(std::size_t number) const {
        return groups_ > 1
                   ? std::optional(static_cast<double>(number % groups_) / static_cast<double>(groups_))
                   : std::nullopt;
    }

  private:
    std::size_t groups_;
};

// Runs in a time of its own.
class TimedDriver final : public Driver {
  public:
    TimedDriver(std::unique_ptr<ThreadTime> time, std::unique_ptr<Driver> driver)
        : time_(std::move(time)), driver_(std::move(driver)) {}

    void run(std::stop_token stop) override {
        time_->begin();
        const WithTime with(*time_);
        driver_->run(std::move(stop));
    }
    std::string connection() const override { return driver_->connection(); }

  private:
    std::unique_ptr<ThreadTime> time_; // outlives the wire of the driver
    std::unique_ptr<Driver> driver_;
};

using MakeDriver = std::function<std::unique_ptr<Driver>(const WireFactory& make)>;

std::unique_ptr<Driver> wired(const Served& served, const DriverWires& wires, const MakeDriver& make) {
    std::vector<MeterConfig> meters;
    meters.reserve(served.size());
    for (const auto& [source, meter] : served) {
        meters.push_back(meter);
    }
    DriverWire wire = wires ? wires(meters) : DriverWire{};
    auto driver = make(wire.make);
    return wire.time ? std::make_unique<TimedDriver>(std::move(wire.time), std::move(driver))
                     : std::move(driver);
}

// For all names together; one that has no answer by then has a connection of its own.
constexpr std::chrono::milliseconds time_for_names{1000};

} // namespace

std::unique_ptr<Wire> make_wire(const MeterConfig& meter) {
    return driver_row(meter.driver).is_stream ? make_line_source(meter) : make_modbus_wire(meter);
}

DriverWires recorded_wires(std::function<WireTap(std::span<const MeterConfig> meters)> tap_of) {
    return [tap_of = std::move(tap_of)](std::span<const MeterConfig> meters) {
        const WireTap tap = tap_of(meters);
        auto time = std::make_unique<SteppedTime>(tap);
        auto make = [tap, &time = *time](const MeterConfig& meter) {
            return make_recorded_wire(make_wire(meter), &time, tap);
        };
        return DriverWire{std::move(make), std::move(time)};
    };
}

std::vector<std::unique_ptr<Driver>> make_drivers(std::span<const MeterConfig> meters, Handoff& handoff,
                                                  Orders& orders, const Log& log, const DriverWires& wires) {
    std::vector<std::unique_ptr<Driver>> drivers;
    std::map<std::string, Served> buses;
    std::map<std::string, Served> asked; // D0, by line
    const auto deadline = Clock::now() + time_for_names;
    const auto connections =
        shared_connections(meters, [&](const std::string& host) { return resolve_host(host, deadline, {}); });
    const auto add_stream = [&](const Served& served) {
        drivers.push_back(wired(served, wires, [&](const WireFactory& make) {
            return make_stream_driver(served.front().first, served.front().second, handoff, log, make);
        }));
    };
    for (std::size_t i = 0; i < meters.size(); ++i) {
        const SourceId source{static_cast<std::uint16_t>(i), 0};
        const MeterConfig& meter = meters[i];
        const DriverRow& row = driver_row(meter.driver);
        if (row.is_formed) {
            continue; // of what the others give
        }
        if (row.is_asked && meter.transport != Transport::File) {
            asked[connection_key(meter)].emplace_back(source, meter);
        } else if (row.is_stream) {
            add_stream({{source, meter}});
        } else {
            buses[connections[i]].emplace_back(source, with_model(meter, row.implied_model));
        }
    }
    for (const auto& [key, served] : asked) {
        if (served.size() == 1) {
            add_stream(served);
        } else {
            drivers.push_back(wired(served, wires, [&, &line = served](const WireFactory& make) {
                return make_d0_line_driver(line, handoff, log, make);
            }));
        }
    }
    const Spread spread(buses.size());
    std::size_t number = 0;
    for (const auto& [key, served] : buses) {
        drivers.push_back(wired(served, wires, [&, &bus = served](const WireFactory& make) {
            return make_bus_driver(bus, handoff, orders, log, spread.share(number), make);
        }));
        ++number;
    }
    return drivers;
}

} // namespace gridbridge
