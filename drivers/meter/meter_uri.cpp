#include "drivers/meter/meter_config.hpp"
#include "drivers/text/characters.hpp"
#include "drivers/text/choice.hpp"
#include "drivers/text/endpoint.hpp"
#include "drivers/text/text.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace gridbridge {
namespace {

constexpr auto driver_names = [] {
    Names<DriverKind, driver_table.size()> names{};
    for (std::size_t i = 0; i < names.size(); ++i) {
        names[i] = {driver_table[i].name, driver_table[i].kind};
    }
    return names;
}();
constexpr Names<Transport, 9> transport_names{{{"rtu", Transport::Rtu},
                                               {"tcp", Transport::Tcp},
                                               {"rtutcp", Transport::RtuOverTcp},
                                               {"serial", Transport::Serial},
                                               {"file", Transport::File},
                                               {"sum", Transport::Sum},
                                               {"difference", Transport::Difference},
                                               {"net", Transport::Net},
                                               {"auto", Transport::Auto}}};
constexpr std::size_t longest_serial = 40;

// Empty when the driver has it.
std::string check_transport(const DriverRow& row, Transport transport) {
    std::string list;
    for (const Transport taken : row.transports) {
        if (taken == transport) {
            return {};
        }
        const std::string name(name_of(taken));
        const bool is_new = list.find(name) == std::string::npos;
        list += is_new ? (list.empty() ? "" : ", ") + name : std::string();
    }
    return "driver " + in_quotes(row.name) + " has no transport " + in_quotes(name_of(transport)) +
           ", it takes " + list;
}

std::string take_endpoint(std::string_view where, std::uint16_t default_port, MeterConfig& meter) {
    const auto endpoint = parse_endpoint(where, default_port);
    if (!endpoint) {
        return in_quotes(where) + " is not a host" + (default_port == 0 ? ":port" : " or host:port");
    }
    meter.host = endpoint->host;
    meter.port = endpoint->port;
    return {};
}

// Its serial number: a level of topics and a part of device ids.
std::string take_serial(std::string_view where, MeterConfig& meter) {
    const bool good = std::all_of(where.begin(), where.end(),
                                  [](char c) { return is_alphanumeric(c) || c == '_' || c == '-'; });
    if (!good || where.empty() || where.size() > longest_serial) {
        return in_quotes(where) + " must be a name of 1 to " + std::to_string(longest_serial) +
               " letters, digits, _ and -, as in " + std::string(driver_row(meter.driver).name) + "+" +
               std::string(name_of(meter.transport)) + "://House";
    }
    meter.serial = where;
    return {};
}

std::string take_where(std::string_view where, MeterConfig& meter) {
    switch (meter.transport) {
    case Transport::Tcp:
        return take_endpoint(where, driver_row(meter.driver).default_port, meter);
    case Transport::RtuOverTcp:
        return take_endpoint(where, 0, meter);
    case Transport::Rtu:
    case Transport::Serial:
    case Transport::File:
        break;
    case Transport::Sum:
    case Transport::Difference:
    case Transport::Net:
    case Transport::Auto:
        return take_serial(where, meter);
    }
    if (where.empty() || where.front() != '/') {
        return "the path must be absolute, as in " + std::string(driver_row(meter.driver).name) + "+" +
               std::string(name_of(meter.transport)) + ":///dev/serial/by-id/...";
    }
    meter.path = percent_decoded(where);
    return {};
}

std::string take_scheme(std::string_view scheme, MeterConfig& meter) {
    const auto plus = scheme.find('+');
    if (plus == std::string_view::npos) {
        return in_quotes(scheme) + " must be <driver>+<transport>";
    }
    if (const auto problem = take_name(driver_names, scheme.substr(0, plus), meter.driver);
        !problem.empty()) {
        return "driver " + in_quotes(scheme.substr(0, plus)) + " " + problem;
    }
    if (const auto problem = take_name(transport_names, scheme.substr(plus + 1), meter.transport);
        !problem.empty()) {
        return "transport " + in_quotes(scheme.substr(plus + 1)) + " " + problem;
    }
    const DriverRow& row = driver_row(meter.driver);
    if (auto problem = check_transport(row, meter.transport); !problem.empty()) {
        return problem;
    }
    meter.interval = row.interval;
    return {};
}

std::string key_name(std::string_view pair) {
    return percent_decoded(pair.substr(0, pair.find('=')));
}

void take_query(std::string_view query, MeterConfig& meter, std::vector<std::string>& problems) {
    for (const std::string_view pair : split(query, '&')) {
        if (pair.empty()) {
            continue;
        }
        const auto equals = pair.find('=');
        const std::string name = key_name(pair);
        const std::string value =
            equals == std::string_view::npos ? std::string("true") : percent_decoded(pair.substr(equals + 1));
        const MeterKey* const key = find_meter_key(name);
        if (key == nullptr) {
            std::vector<std::string_view> names;
            for (const MeterKey& known : meter_keys()) {
                names.push_back(known.name);
            }
            problems.push_back("unknown key " + in_quotes(name) + did_you_mean(name, names));
        } else if (const auto problem = key->apply(meter, value); !problem.empty()) {
            problems.push_back(problem_with(*key, value, problem));
        }
    }
}

} // namespace

std::string_view configured_role(const MeterConfig& meter) {
    return meter.role.empty() ? driver_row(meter.driver).default_role : std::string_view(meter.role);
}

bool means_inverter(const MeterConfig& meter) {
    return meter.role.empty() || meter.role == "pvinverter";
}

std::chrono::milliseconds bus_stale_after(const MeterConfig& meter) {
    const std::chrono::seconds usual(configured_role(meter) == "grid" ? 5 : 10);
    return meter.stale_after.value_or(usual);
}

std::string_view name_of(Transport transport) {
    return name_in(transport_names, transport);
}

bool has_serial_port(const MeterConfig& meter) {
    return meter.transport == Transport::Rtu || meter.transport == Transport::Serial;
}

bool publishes_objects(const MeterConfig& meter) {
    return meter.obis_all || !meter.obis.empty();
}

bool publishes_telegrams(const MeterConfig& meter) {
    return meter.raw || publishes_objects(meter);
}

LineSettings line_settings(const MeterConfig& meter) {
    const DriverRow& row = driver_row(meter.driver);
    LineSettings line;
    const bool asks_first = row.is_asked && meter.mode == ReadoutMode::Request;
    line.baud = meter.baud.value_or(asks_first ? row.asked_baud : row.line.baud);
    line.data_bits = meter.data_bits.value_or(row.line.data_bits);
    line.parity =
        meter.parity.value_or(line.data_bits == row.line.data_bits ? row.line.parity : Parity::None);
    line.stop_bits = meter.stop_bits.value_or(row.line.stop_bits);
    return line;
}

char parity_letter(Parity parity) {
    constexpr std::string_view letters = "NEO";
    return letters[static_cast<std::size_t>(parity)];
}

std::string to_text(const LineSettings& line) {
    return std::to_string(line.baud) + " " + std::to_string(line.data_bits) + parity_letter(line.parity) +
           std::to_string(line.stop_bits);
}

std::string place_of(const MeterConfig& meter) {
    std::string place = meter.uri;
    if (meter.unit) {
        place += " unit " + std::to_string(*meter.unit);
    }
    if (!meter.address.empty()) {
        place += " address " + meter.address;
    }
    const bool is_one_of_two = driver_row(meter.driver).has_chain && !place.empty();
    if (is_one_of_two) {
        place += means_inverter(meter) ? " inverter" : " meter";
        place += meter.chain_number ? " " + std::to_string(*meter.chain_number) : std::string();
    }
    return place;
}

std::string connection_key(const MeterConfig& meter) {
    std::string host = meter.host; // names of hosts know no case, and may end with a dot
    std::transform(host.begin(), host.end(), host.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    if (host.ends_with('.')) {
        host.pop_back();
    }
    return std::string(name_of(meter.transport)) + "|" + meter.path + "|" + host + "|" +
           std::to_string(meter.port) + (meter.serial.empty() ? "" : "|" + meter.serial);
}

std::vector<std::string> parse_meter_uri(std::string_view uri, MeterConfig& meter) {
    std::vector<std::string> problems;
    const auto question = uri.find('?');
    meter.uri = uri.substr(0, question);
    const auto scheme_end = uri.find("://");
    if (scheme_end == std::string_view::npos || scheme_end > question) {
        problems.push_back("meter " + in_quotes(meter.uri) +
                           " must be <driver>+<transport>://<where>, as in " +
                           "cg+rtu:///dev/serial/by-id/...");
        return problems;
    }
    auto problem = take_scheme(uri.substr(0, scheme_end), meter);
    if (problem.empty()) {
        problem = take_where(std::string_view(meter.uri).substr(scheme_end + 3), meter);
    }
    if (!problem.empty()) {
        problems.push_back("meter " + in_quotes(meter.uri) + ": " + problem);
    }
    if (question != std::string_view::npos) {
        take_query(uri.substr(question + 1), meter, problems);
    }
    return problems;
}

std::vector<std::string> unused_in_query(std::string_view uri, const MeterConfig& meter) {
    std::vector<std::string> problems;
    const auto question = uri.find('?');
    if (question == std::string_view::npos) {
        return problems;
    }
    for (const std::string_view pair : split(uri.substr(question + 1), '&')) {
        const MeterKey* const key = find_meter_key(key_name(pair));
        std::string problem = key == nullptr ? std::string() : unused_text(*key, meter);
        if (!problem.empty()) {
            problems.push_back(std::move(problem));
        }
    }
    return problems;
}

} // namespace gridbridge
