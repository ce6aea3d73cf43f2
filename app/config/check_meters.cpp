#include "app/config/check_meters.hpp"

#include "drivers/text/text.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>
#include <utility>

namespace gridbridge {
namespace {

using Meters = std::span<const MeterConfig>;

// Unit and name tell meters of one port apart.
std::string title_of(const MeterConfig& meter) {
    std::string title = meter.uri;
    title += meter.unit ? ", unit " + std::to_string(*meter.unit) : std::string();
    return title + (meter.name.empty() ? std::string() : " (" + meter.name + ")");
}

void check_twice(Meters before, const MeterConfig& meter, Findings& findings) {
    for (const MeterConfig& other : before) {
        const bool another_device =
            driver_row(meter.driver).has_chain && means_inverter(meter) != means_inverter(other);
        const bool is_same_place =
            meter.uri == other.uri || (!is_stream(meter.driver) && meter.driver == other.driver &&
                                       connection_key(meter) == connection_key(other));
        if (is_same_place && meter.unit.value_or(1) == other.unit.value_or(1) && !another_device) {
            findings.errors.push_back({meter.uri, "is configured twice for the same unit id"});
        }
    }
}

void check_share(Meters before, const MeterConfig& meter, Findings& findings) {
    for (const MeterConfig& other : before) {
        if (!meter.share.empty() && other.share == meter.share) {
            findings.errors.push_back({meter.uri, "share " + quoted(meter.share) + " is taken by " +
                                                      other.uri + ": set another port"});
        }
    }
}

// Both say it, and differently.
template <typename Value>
bool contradict(const std::optional<Value>& a, const std::optional<Value>& b) {
    return a && b && *a != *b;
}

// A port is opened as its first meter says.
void check_line(const MeterConfig& first, const MeterConfig& meter, Findings& findings) {
    const LineSettings line = line_settings(meter);
    const LineSettings opened = line_settings(first);
    if (line == opened) {
        return;
    }
    const bool is_contradiction =
        contradict(first.baud, meter.baud) || contradict(first.parity, meter.parity) ||
        contradict(first.data_bits, meter.data_bits) || contradict(first.stop_bits, meter.stop_bits);
    if (is_contradiction) {
        findings.errors.push_back({title_of(meter), "wants " + to_text(line) + " on the port that " +
                                                        title_of(first) + " opens with " + to_text(opened) +
                                                        ": set baud, parity, data_bits and stop_bits alike"});
    } else {
        findings.warnings.push_back({title_of(meter), "its port is opened with " + to_text(opened) + ", as " +
                                                          title_of(first) + " says: set the same for both"});
    }
}

void check_port(Meters before, const MeterConfig& meter, Findings& findings) {
    const auto first = std::find_if(before.begin(), before.end(), [&](const MeterConfig& other) {
        return has_serial_port(meter) && has_serial_port(other) && other.path == meter.path;
    });
    if (first == before.end()) {
        return;
    }
    const DriverRow& row = driver_row(meter.driver);
    if (row.is_stream != driver_row(first->driver).is_stream ||
        (row.is_stream && meter.driver != first->driver)) {
        findings.errors.push_back({title_of(meter), "has the same port as " + title_of(*first) +
                                                        ", and meters of such different kinds cannot share "
                                                        "one: remove one of the two or set another port"});
    } else if (!row.is_stream) {
        check_line(*first, meter, findings);
    }
}

void check_port_name(const MeterConfig& meter, Findings& findings) {
    if (meter.path.starts_with("/dev/ttyUSB") || meter.path.starts_with("/dev/ttyACM")) {
        findings.warnings.push_back(
            {meter.uri,
             "the number of this port can change at any restart: use its name under /dev/serial/by-id"});
    }
}

} // namespace

void check_meters(const Config& config, Findings& findings) {
    if (config.meters.empty()) {
        findings.errors.push_back(
            {"meter", R"(no meter is configured: add a [[meter]] with uri = "...", or use --meter URI)"});
    }
    for (std::size_t i = 0; i < config.meters.size(); ++i) {
        const MeterConfig& meter = config.meters[i];
        const Meters before = std::span(config.meters).first(i);
        check_twice(before, meter, findings);
        check_share(before, meter, findings);
        check_port(before, meter, findings);
        check_port_name(meter, findings);
    }
}

} // namespace gridbridge
