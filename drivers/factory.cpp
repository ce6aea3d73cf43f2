#include "drivers/factory.hpp"

#include "drivers/gateways.hpp"
#include "drivers/io/resolve.hpp"
#include "drivers/modbus/bus_driver.hpp"
#include "drivers/stream/d0_line_driver.hpp"
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

// For all names together; one that has no answer by then has a connection of its own.
constexpr std::chrono::milliseconds time_for_names{1000};

} // namespace

std::vector<std::unique_ptr<Driver>> make_drivers(std::span<const MeterConfig> meters, Handoff& handoff,
                                                  Orders& orders, const Log& log) {
    std::vector<std::unique_ptr<Driver>> drivers;
    std::map<std::string, Served> buses;
    std::map<std::string, Served> asked; // D0, by line
    const auto deadline = Clock::now() + time_for_names;
    const auto connections =
        shared_connections(meters, [&](const std::string& host) { return resolve_host(host, deadline, {}); });
    for (std::size_t i = 0; i < meters.size(); ++i) {
        const SourceId source{static_cast<std::uint16_t>(i), 0};
        const MeterConfig& meter = meters[i];
        const DriverRow& row = driver_row(meter.driver);
        if (row.is_asked && meter.transport != Transport::File) {
            asked[connection_key(meter)].emplace_back(source, meter);
        } else if (row.is_stream) {
            drivers.push_back(make_stream_driver(source, meter, handoff, log));
        } else {
            buses[connections[i]].emplace_back(source, with_model(meter, row.implied_model));
        }
    }
    for (auto& [key, served] : asked) {
        drivers.push_back(served.size() == 1
                              ? make_stream_driver(served.front().first, served.front().second, handoff, log)
                              : make_d0_line_driver(served, handoff, log));
    }
    const Spread spread(buses.size());
    std::size_t number = 0;
    for (auto& [key, served] : buses) {
        drivers.push_back(make_bus_driver(std::move(served), handoff, orders, log, spread.share(number++)));
    }
    return drivers;
}

} // namespace gridbridge
