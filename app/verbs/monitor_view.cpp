#include "app/verbs/monitor_view.hpp"

#include "app/verbs/json_lines.hpp"
#include "app/version.hpp"
#include "mqtt/outlet/payload.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <string_view>
#include <vector>

namespace gridbridge {
namespace {

using std::chrono::milliseconds;

// Serial numbers and names come from the wire: nothing in them may move the cursor.
std::string printable(std::string text) {
    std::replace_if(
        text.begin(), text.end(), [](unsigned char c) { return c < ' ' || c == 0x7F; }, '?');
    return text;
}

bool begins_character(char c) {
    return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; // UTF-8
}

std::size_t columns_of(std::string_view text) {
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), begins_character));
}

std::string value_text(const Meter& meter, Quantity quantity, int decimals) {
    const auto value = meter.reading.get(quantity);
    return value ? rounded_text(*value, decimals) : "-";
}

std::string who(const Meter& meter, Clock::time_point /*now*/) {
    const std::string& name = meter.device_id.empty() && meter.name.empty() ? meter.config.name : meter.name;
    if (!name.empty()) {
        return printable(name);
    }
    return printable(meter.info.serial.empty() ? meter.config.uri : meter.info.serial);
}

std::uint64_t errors_of(const MeterCounters& counters) {
    return counters.timeouts + counters.rejected + counters.exceptions + counters.reconnects;
}

std::string age_text(const Meter& meter, Clock::time_point now) {
    return meter.last_good == Clock::time_point{}
               ? "-"
               : rounded_text(std::chrono::duration<double>(now - meter.last_good).count(), 1);
}

std::string round_trip_text(const Meter& meter) {
    const auto time = meter.counters.round_trip;
    return time.count() == 0 ? "-" : rounded_text(std::chrono::duration<double, std::milli>(time).count(), 1);
}

template <Quantity quantity, int decimals>
std::string value_of(const Meter& meter, Clock::time_point /*now*/) {
    return value_text(meter, quantity, decimals);
}

struct Column {
    std::string_view head;
    std::string_view word; // in lines
    std::string (*text)(const Meter& meter, Clock::time_point now);
    bool where_known = false; // left out of a table in which no meter has it
};
constexpr std::array columns{
    Column{"METER", "meter", who},
    Column{"ROLE", "role",
           [](const Meter& meter, Clock::time_point) {
               return meter.role.empty() ? std::string("-") : meter.role;
           }},
    Column{"STATE", "state",
           [](const Meter& meter, Clock::time_point) { return std::string(state_name(meter)); }},
    Column{"W", "power", value_of<Quantity::Power, 1>},
    Column{"L1 W", "power_l1", value_of<Quantity::PowerL1, 1>},
    Column{"L2 W", "power_l2", value_of<Quantity::PowerL2, 1>},
    Column{"L3 W", "power_l3", value_of<Quantity::PowerL3, 1>},
    Column{"L1 V", "voltage_l1", value_of<Quantity::VoltageL1, 1>},
    Column{"L2 V", "voltage_l2", value_of<Quantity::VoltageL2, 1>},
    Column{"L3 V", "voltage_l3", value_of<Quantity::VoltageL3, 1>},
    Column{"IMPORT kWh", "energy_forward", value_of<Quantity::EnergyForward, 3>},
    Column{"EXPORT kWh", "energy_reverse", value_of<Quantity::EnergyReverse, 3>},
    Column{"GAS, WATER m3", "volume", value_of<Quantity::Volume, 3>, true},
    Column{"AGE s", "age", age_text},
    Column{"LATENCY ms", "latency_ms",
           [](const Meter& meter, Clock::time_point) { return round_trip_text(meter); }},
    Column{"ERRORS", "errors",
           [](const Meter& meter, Clock::time_point) { return std::to_string(errors_of(meter.counters)); }},
};
constexpr std::size_t first_number = 3; // the columns before are aligned to the left

// One cell to each line: the head, then one for each meter.
void append_column(std::vector<std::string>& lines, const Column& column, bool to_the_left,
                   std::span<const Meter> meters, Clock::time_point now) {
    std::vector<std::string> cells{std::string(column.head)};
    std::size_t width = columns_of(column.head);
    bool known = !column.where_known;
    for (const Meter& meter : meters) {
        cells.push_back(column.text(meter, now));
        width = std::max(width, columns_of(cells.back()));
        known = known || cells.back() != "-";
    }
    for (std::size_t i = 0; known && i < lines.size(); ++i) {
        const std::string blanks(width - columns_of(cells[i]), ' ');
        lines[i] += (lines[i].empty() ? "" : "  ") + (to_the_left ? cells[i] + blanks : blanks + cells[i]);
    }
}

} // namespace

std::string_view clipped(std::string_view line, std::size_t width) {
    std::size_t end = 0;
    for (std::size_t shown = 0; end < line.size(); ++end) {
        shown += begins_character(line[end]) ? 1U : 0U;
        if (shown > width) {
            break;
        }
    }
    return line.substr(0, end);
}

std::string monitor_table(std::span<const Meter> meters, Clock::time_point now) {
    std::vector<std::string> lines(meters.size() + 1);
    for (std::size_t c = 0; c < columns.size(); ++c) {
        append_column(lines, columns.at(c), c < first_number, meters, now);
    }
    std::string text;
    for (const std::string& line : lines) {
        text += line.substr(0, line.find_last_not_of(' ') + 1) + '\n';
    }
    for (const Meter& meter : meters) {
        if (!meter.loss_reason.empty()) {
            text += who(meter, now) + ": " + printable(meter.loss_reason) + '\n';
        }
    }
    return text;
}

std::string monitor_line(const Meter& meter, Clock::time_point now) {
    std::string line;
    for (const Column& column : columns) {
        const std::string text = column.text(meter, now);
        const bool blank = text.find(' ') != std::string::npos;
        line += (line.empty() ? "" : " ") + std::string(column.word) + "=" + (blank ? json_text(text) : text);
    }
    return line + (meter.loss_reason.empty() ? "" : " reason=" + json_text(meter.loss_reason));
}

std::string monitor_json(const Meter& meter, Clock::time_point now) {
    std::string json =
        R"({"meter":)" + identity_json(meter) + R"(,"state":)" + json_text(std::string(state_name(meter)));
    if (meter.last_good != Clock::time_point{}) {
        json += R"(,"age_ms":)" +
                std::to_string(std::chrono::duration_cast<milliseconds>(now - meter.last_good).count());
    }
    json += R"(,"round_trip_us":)" + std::to_string(meter.counters.round_trip.count()) + R"(,"errors":)" +
            std::to_string(errors_of(meter.counters));
    if (!meter.loss_reason.empty()) {
        json += R"(,"reason":)" + json_text(meter.loss_reason);
    }
    return json + R"(,"venus":)" + venus_json(venus_values(meter, version::number)) + "}";
}

} // namespace gridbridge
