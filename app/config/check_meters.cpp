#include "app/config/check_meters.hpp"

#include "app/config/check_members.hpp"
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
    title += meter.address.empty() ? std::string() : ", address " + meter.address;
    return title + (meter.name.empty() ? std::string() : " (" + meter.name + ")");
}

// IEC 62056-21: meters on one line that are told apart by the address in the request.
bool are_asked_on_one_line(const MeterConfig& a, const MeterConfig& b) {
    return driver_row(a.driver).is_asked && a.driver == b.driver && a.transport != Transport::File &&
           connection_key(a) == connection_key(b);
}

// Leading zeros are not significant (IEC 62056-21, chapter 6.3.2).
std::string_view significant(std::string_view address) {
    return address.substr(std::min(address.find_first_not_of('0'), address.size()));
}

// What must be the same for all meters that are asked on one line; empty: nothing differs.
std::string different_line(const MeterConfig& first, const MeterConfig& meter) {
    const LineSettings line = line_settings(meter);
    const LineSettings opened = line_settings(first);
    if (meter.mode == ReadoutMode::Push || first.mode == ReadoutMode::Push) {
        return "a meter that sends unasked (mode push) cannot share a port: remove mode from both, or one of "
               "the two entries";
    }
    if (meter.mode != first.mode) {
        return "both must be asked in the same way: set mode alike";
    }
    if (!has_serial_port(meter)) {
        return {};
    }
    if (line != opened) {
        return "wants " + to_text(line) + " where the other has " + to_text(opened) +
               ": set baud, parity, data_bits and stop_bits alike";
    }
    return meter.request == first.request ? std::string() : "the request line is one: set request alike";
}

void check_addresses(Meters before, const MeterConfig& meter, Findings& findings) {
    const auto is_beside = [&](const MeterConfig& other) { return are_asked_on_one_line(meter, other); };
    const auto first = std::find_if(before.begin(), before.end(), is_beside);
    if (first == before.end()) {
        return;
    }
    const auto error = [&](const MeterConfig& other, const std::string& text) {
        findings.errors.push_back(
            {title_of(meter), "is on the same line as " + title_of(other) + ": " + text});
    };
    const auto same = std::find_if(before.begin(), before.end(), [&](const MeterConfig& other) {
        return is_beside(other) && significant(other.address) == significant(meter.address);
    });
    if (meter.address.empty() || first->address.empty()) {
        error(*first, "without an address all meters on it answer at once: set address in both entries");
    } else if (same != before.end()) {
        error(*same, "they have the same address: set that of the other meter, or remove one of the two");
    } else if (const std::string problem = different_line(*first, meter); !problem.empty()) {
        error(*first, problem);
    }
}

void check_twice(Meters before, const MeterConfig& meter, Findings& findings) {
    for (const MeterConfig& other : before) {
        if (is_formed(meter.driver)) { // has a check of its own
            continue;
        }
        const bool another_device =
            driver_row(meter.driver).has_chain &&
            (means_inverter(meter) != means_inverter(other) || meter.chain_number != other.chain_number);
        if (are_asked_on_one_line(meter, other)) { // has a check of its own
            continue;
        }
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
            findings.errors.push_back({meter.uri, "share " + in_quotes(meter.share) + " is taken by " +
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

void check_beside(Meters before, const MeterConfig& meter, Findings& findings) {
    check_twice(before, meter, findings);
    check_addresses(before, meter, findings);
    check_share(before, meter, findings);
    check_port(before, meter, findings);
}

void check_none(const Config& config, Findings& findings) {
    if (may_add_meters(config)) {
        findings.warnings.push_back({"meter", config.disabled_meters.empty()
                                                  ? "no meter yet: add one on the page, under Set up"
                                                  : "every meter is disabled: nothing is published"});
    } else if (!config.disabled_meters.empty()) {
        findings.errors.push_back({"meter", "every meter has enabled = false: remove it from one"});
    } else {
        findings.errors.push_back(
            {"meter", R"(no meter is configured: add a [[meter]] with uri = "...", or use --meter URI)"});
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

std::string conflict_of(const MeterConfig& meter, const MeterConfig& other) {
    Findings findings;
    check_beside(std::span(&other, 1), meter, findings);
    return findings.errors.empty() ? std::string()
                                   : findings.errors.front().where + " " + findings.errors.front().text;
}

void check_meters(const Config& config, Findings& findings) {
    if (config.meters.empty()) {
        check_none(config, findings);
    }
    check_members(config, findings);
    for (std::size_t i = 0; i < config.meters.size(); ++i) {
        const MeterConfig& meter = config.meters[i];
        const Meters before = std::span(config.meters).first(i);
        check_beside(before, meter, findings);
        check_port_name(meter, findings);
    }
}

} // namespace gridbridge
