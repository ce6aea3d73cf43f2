#include "mqtt/status/query.hpp"

#include "drivers/text/number.hpp"
#include "drivers/text/text.hpp"
#include "drivers/waist/phase_quantities.hpp"
#include "mqtt/outlet/payload.hpp"
#include "mqtt/outlet/venus_table.hpp"
#include "mqtt/status/query_telegram.hpp"
#include "mqtt/status/statistics.hpp"

#include <algorithm>
#include <array>
#include <optional>

namespace gridbridge {
namespace {

constexpr std::size_t shown_text = 48; // bytes of a user's word that an error repeats

std::string error(const std::string& text) {
    return "error: " + text + "\n";
}

std::string state_of(const Meter& meter, Clock::time_point now) {
    if (meter.life == MeterLife::Awaited || is_fresh(meter, now)) {
        return std::string(state_name(meter));
    }
    return "lost";
}

std::string value_text(const Meter& meter, const VenusRow& row, Clock::time_point now) {
    const auto value = is_fresh(meter, now) ? meter.reading.get(row.quantity) : std::nullopt;
    if (!value) {
        return "null";
    }
    return rounded_text(*value, row.decimals == whole_number ? 0 : row.decimals);
}

std::string value_line(const Meter& meter, const VenusRow& row, Clock::time_point now) {
    return std::string(row.path) + "=" + value_text(meter, row, now) + "\n";
}

// One command being answered.
struct Query {
    std::string_view argument; // behind the command, without blanks around it
    const Snapshot& view;
    Clock::time_point now;
};

// By number, serial number or name.
const Meter* find_meter(const Snapshot& view, std::string_view wanted, std::string& problem) {
    const auto number = parse_integer(wanted);
    if (number && *number >= 1 && *number <= static_cast<long long>(view.meters.size())) {
        return &view.meters[static_cast<std::size_t>(*number - 1)];
    }
    const auto is_wanted = [wanted](const Meter& meter) {
        const bool has_serial = !meter.is_refused && meter.info.serial == wanted;
        return !wanted.empty() && (has_serial || meter.config.name == wanted);
    };
    const auto hit = std::find_if(view.meters.begin(), view.meters.end(), is_wanted);
    if (hit == view.meters.end()) {
        problem = error("no meter " + in_quotes(line_text(wanted.substr(0, shown_text))) + ": see list");
        return nullptr;
    }
    if (std::find_if(hit + 1, view.meters.end(), is_wanted) != view.meters.end()) {
        problem = error("several meters are called " + in_quotes(line_text(wanted.substr(0, shown_text))) +
                        ": use its number from list");
        return nullptr;
    }
    return &*hit;
}

// Without a word: the grid meter, else the first one.
const Meter* choose_meter(const Snapshot& view, std::string_view wanted, std::string& problem) {
    if (!wanted.empty()) {
        return find_meter(view, wanted, problem);
    }
    if (view.meters.empty()) {
        problem = error("no meter yet");
        return nullptr;
    }
    const auto grid = std::find_if(view.meters.begin(), view.meters.end(),
                                   [](const Meter& meter) { return meter.role == "grid"; });
    return grid == view.meters.end() ? &view.meters.front() : &*grid;
}

// The answer about the meter that was named, or the grid meter.
template <typename About>
std::string about_one(const Query& query, std::string_view wanted, About&& about) {
    std::string problem;
    const Meter* const meter = choose_meter(query.view, wanted, problem);
    return meter == nullptr ? problem : about(*meter);
}

std::string title(const Snapshot& view, const Meter& meter) {
    const auto number = &meter - view.meters.data() + 1;
    const std::string& name = meter.config.name.empty() ? meter.info.product_name : meter.config.name;
    return std::to_string(number) + " " + in_quotes(line_text(name.empty() ? meter.config.uri : name));
}

// A line per meter, or for the one that was named.
template <typename Line>
std::string lines(const Query& query, Line&& line) {
    if (!query.argument.empty()) {
        return about_one(query, query.argument, line);
    }
    std::string text;
    for (const Meter& meter : query.view.meters) {
        text += line(meter);
    }
    return text;
}

std::string list(const Query& query) {
    return lines(query, [&](const Meter& meter) {
        const std::string role =
            meter.device_id.empty() ? "-" : meter.role + "/" + std::to_string(meter.instance);
        const std::string serial = meter.info.serial.empty() ? "-" : line_text(meter.info.serial);
        return title(query.view, meter) + " " + serial + " " + role + " " + state_of(meter, query.now) + "\n";
    });
}

std::string statistics(const Query& query) {
    return lines(query, [&](const Meter& meter) {
        return title(query.view, meter) + " since start: " + counters_text(meter.counters) + "\n";
    });
}

std::string status(const Query& query) {
    return lines(query, [&](const Meter& meter) {
        return title(query.view, meter) + " " + state_of(meter, query.now) + ", " +
               line_text(age_text(meter, query.now)) + "; " + counters_text(meter.counters) + "\n";
    });
}

std::string telegram(const Query& query) {
    return about_one(query, query.argument, [&](const Meter& meter) {
        return telegram_answer(is_fresh(meter, query.now) ? meter.telegram.get() : nullptr);
    });
}

std::string values(const Query& query) {
    return about_one(query, query.argument, [&](const Meter& meter) {
        std::string text;
        for (const VenusRow& row : venus_table) {
            if (row.presence == Presence::Expected || meter.reading.has(row.quantity)) {
                text += value_line(meter, row, query.now);
            }
        }
        return text;
    });
}

template <std::size_t Size>
std::string some_values(const Query& query, const std::array<Quantity, Size>& wanted) {
    return about_one(query, query.argument, [&](const Meter& meter) {
        std::string text;
        for (const Quantity quantity : wanted) {
            const auto* const row =
                std::find_if(venus_table.begin(), venus_table.end(), [quantity](const VenusRow& candidate) {
                    return candidate.quantity == quantity;
                });
            text += value_line(meter, *row, query.now);
        }
        return text;
    });
}

std::string power(const Query& query) {
    constexpr auto phases = phases_of(Quantity::Power);
    return some_values<4>(query, {Quantity::Power, phases[0], phases[1], phases[2]});
}

std::string energy(const Query& query) {
    return some_values<2>(query, {Quantity::EnergyForward, Quantity::EnergyReverse});
}

const VenusRow* find_row(std::string_view wanted) {
    const auto* const row =
        std::find_if(venus_table.begin(), venus_table.end(), [wanted](const VenusRow& candidate) {
            return candidate.path == wanted || quantity_table.at(index_of(candidate.quantity)).name == wanted;
        });
    return row == venus_table.end() ? nullptr : row;
}

std::string get(const Query& query) {
    const std::size_t blank = query.argument.find(' ');
    const std::string_view what = query.argument.substr(0, blank);
    const std::string_view who =
        blank == std::string_view::npos ? std::string_view() : trim(query.argument.substr(blank));
    if (what.empty()) {
        return error("get needs a path, an OBIS code or the name of a quantity, as in get Ac/Power");
    }
    const VenusRow* const row = find_row(what);
    if (row == nullptr && !looks_like_obis(what)) {
        return error("unknown value " + in_quotes(line_text(what.substr(0, shown_text))) + ": see values");
    }
    return about_one(query, who, [&](const Meter& meter) {
        if (row != nullptr) {
            return value_text(meter, *row, query.now) + "\n";
        }
        return obis_answer(is_fresh(meter, query.now) ? meter.telegram.get() : nullptr, what);
    });
}

std::string version(const Query& query) {
    return "gridbridge " + query.view.version + "\n";
}

std::string help(const Query& query);

struct Command {
    std::string_view name;
    std::string_view argument;
    std::string_view text;
    std::string (*run)(const Query& query);
};

constexpr std::array<Command, 10> commands{{
    {"help", "", "this list", help},
    {"list", "", "number, name, serial number, role/instance, state", list},
    {"status", "[meter]", "age of the last reading and what was counted", status},
    {"telegram", "[meter]", "the latest telegram as sent, binary ones in hexadecimal", telegram},
    {"values", "[meter]", "the latest values as path=value", values},
    {"get", "WHAT [meter]", "one value: a path, an OBIS code or a quantity", get},
    {"power", "[meter]", "power in W, total and per phase, positive: import", power},
    {"energy", "[meter]", "energy in kWh, imported and exported", energy},
    {"statistics", "[meter]", "what went over the wire since start", statistics},
    {"version", "", "version of the program", version},
}};

std::string help(const Query& /*query*/) {
    std::string text;
    for (const Command& command : commands) {
        std::string use = std::string(command.name) + " " + std::string(command.argument);
        use.resize(std::max<std::size_t>(use.size(), 20), ' ');
        text += use + std::string(command.text) + "\n";
    }
    return text + "[meter] is a number, serial number or name; without it the grid meter, or every meter\n";
}

// Whole lines where there are any.
std::string limited(std::string text) {
    if (text.size() <= max_answer) {
        return text;
    }
    constexpr std::size_t marker = 32; // bytes: "... 18446744073709551615 bytes more"
    std::size_t kept = max_answer - marker - 4;
    if (const std::size_t line = text.rfind('\n', kept); line != std::string::npos && line > kept / 2) {
        kept = line + 1;
    }
    const std::size_t left = text.size() - kept;
    text.resize(kept);
    text += text.back() == '\n' ? "" : "\n";
    return text + "... " + std::to_string(left) + " bytes more\n";
}

} // namespace

std::string answer(std::string_view command, const Snapshot& view, Clock::time_point now) {
    if (command.size() > max_query) {
        return error("a command has at most " + std::to_string(max_query) + " bytes");
    }
    while (!command.empty() && command.back() == '\0') {
        command.remove_suffix(1);
    }
    command = trim(command);
    const std::size_t blank = command.find(' ');
    const std::string_view name = command.substr(0, blank);
    const std::string_view argument =
        blank == std::string_view::npos ? std::string_view() : trim(command.substr(blank));
    for (const Command& known : commands) {
        if (known.name == name) {
            return limited(known.run({argument, view, now}));
        }
    }
    return error("unknown command " + in_quotes(line_text(name.substr(0, shown_text))) + ": try help");
}

} // namespace gridbridge
