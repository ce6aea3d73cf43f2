#include "drivers/choice.hpp"
#include "drivers/meter_config.hpp"
#include "drivers/text.hpp"

#include <array>

namespace gridbridge {
namespace {

constexpr Names<DriverKind, 6> driver_names{{{"cg", DriverKind::CarloGavazzi},
                                             {"em580", DriverKind::Em580},
                                             {"sunspec", DriverKind::SunSpec},
                                             {"p1", DriverKind::P1},
                                             {"sml", DriverKind::Sml},
                                             {"d0", DriverKind::D0}}};
constexpr Names<Transport, 5> transport_names{{{"rtu", Transport::Rtu},
                                               {"tcp", Transport::Tcp},
                                               {"rtutcp", Transport::RtuOverTcp},
                                               {"serial", Transport::Serial},
                                               {"file", Transport::File}}};

bool transport_fits(DriverKind driver, Transport transport) {
    const bool serial_or_file = transport == Transport::Serial || transport == Transport::File;
    const bool modbus = transport == Transport::Rtu || transport == Transport::RtuOverTcp;
    return is_stream(driver) ? !modbus : !serial_or_file;
}

std::string take_endpoint(std::string_view where, std::uint16_t default_port, MeterConfig& meter) {
    const auto endpoint = parse_endpoint(where, default_port);
    if (!endpoint) {
        return quoted(where) + " is no host" + (default_port == 0 ? ":port" : " or host:port");
    }
    meter.host = endpoint->host;
    meter.port = endpoint->port;
    return {};
}

std::string take_where(std::string_view where, MeterConfig& meter) {
    switch (meter.transport) {
    case Transport::Tcp:
        return take_endpoint(where, is_stream(meter.driver) ? 0 : 502, meter); // 502: Modbus TCP
    case Transport::RtuOverTcp:
        return take_endpoint(where, 0, meter);
    case Transport::Rtu:
    case Transport::Serial:
    case Transport::File:
        break;
    }
    if (where.empty() || where.front() != '/') {
        return "the path must be absolute, as in " + std::string(name_of(meter.driver)) + "+" +
               std::string(name_of(meter.transport)) + ":///dev/serial/by-id/...";
    }
    meter.path = percent_decoded(where);
    return {};
}

std::string take_scheme(std::string_view scheme, MeterConfig& meter) {
    const auto plus = scheme.find('+');
    if (plus == std::string_view::npos) {
        return quoted(scheme) + " must be <driver>+<transport>";
    }
    if (const auto problem = take_name(driver_names, scheme.substr(0, plus), meter.driver);
        !problem.empty()) {
        return "driver " + quoted(scheme.substr(0, plus)) + " " + problem;
    }
    if (const auto problem = take_name(transport_names, scheme.substr(plus + 1), meter.transport);
        !problem.empty()) {
        return "transport " + quoted(scheme.substr(plus + 1)) + " " + problem;
    }
    if (!transport_fits(meter.driver, meter.transport)) {
        return "driver " + quoted(name_of(meter.driver)) + " has no transport " +
               quoted(name_of(meter.transport)) + ", it takes " +
               (is_stream(meter.driver) ? "serial, tcp, file" : "rtu, tcp, rtutcp");
    }
    if (meter.driver == DriverKind::D0) {
        meter.interval = std::chrono::seconds(5); // a readout with its sign-on takes about that long
    }
    if (meter.driver == DriverKind::SunSpec) {
        meter.interval = std::chrono::seconds(1); // inverters have new values no more often
    }
    return {};
}

void take_query(std::string_view query, MeterConfig& meter, std::vector<std::string>& problems) {
    for (const std::string_view pair : split(query, '&')) {
        if (pair.empty()) {
            continue;
        }
        const auto equals = pair.find('=');
        const std::string name = percent_decoded(pair.substr(0, equals));
        const std::string value =
            equals == std::string_view::npos ? std::string("true") : percent_decoded(pair.substr(equals + 1));
        const MeterKey* const key = find_meter_key(name);
        if (key == nullptr) {
            std::vector<std::string_view> names;
            for (const MeterKey& known : meter_keys()) {
                names.push_back(known.name);
            }
            problems.push_back("unknown key " + quoted(name) + did_you_mean(name, names));
        } else if (const auto problem = key->apply(meter, value); !problem.empty()) {
            problems.push_back(problem_with(*key, value, problem));
        }
    }
}

} // namespace

bool is_stream(DriverKind driver) {
    return driver == DriverKind::P1 || driver == DriverKind::Sml || driver == DriverKind::D0;
}

bool means_inverter(const MeterConfig& meter) {
    return meter.role.empty() || meter.role == "pvinverter";
}

std::string_view name_of(DriverKind driver) {
    return name_in(driver_names, driver);
}
std::string_view name_of(Transport transport) {
    return name_in(transport_names, transport);
}

std::vector<std::string> parse_meter_uri(std::string_view uri, MeterConfig& meter) {
    std::vector<std::string> problems;
    const auto question = uri.find('?');
    meter.uri = uri.substr(0, question);
    const auto scheme_end = uri.find("://");
    if (scheme_end == std::string_view::npos || scheme_end > question) {
        problems.push_back("meter " + quoted(meter.uri) + " must be <driver>+<transport>://<where>, as in " +
                           "cg+rtu:///dev/serial/by-id/...");
        return problems;
    }
    auto problem = take_scheme(uri.substr(0, scheme_end), meter);
    if (problem.empty()) {
        problem = take_where(std::string_view(meter.uri).substr(scheme_end + 3), meter);
    }
    if (!problem.empty()) {
        problems.push_back("meter " + quoted(meter.uri) + ": " + problem);
    }
    if (question != std::string_view::npos) {
        take_query(uri.substr(question + 1), meter, problems);
    }
    return problems;
}

std::vector<std::string> check_meter(const MeterConfig& meter) {
    std::vector<std::string> problems;
    if (meter.parity && *meter.parity != Parity::None && meter.stop_bits.value_or(1) == 2 &&
        !is_stream(meter.driver)) {
        problems.emplace_back("parity even or odd forces one stop bit on these meters: set stop_bits = 1");
    }
    if (meter.mode == ReadoutMode::Request && meter.transport == Transport::File) {
        problems.emplace_back("mode request cannot ask a file: remove mode");
    }
    if (!meter.key.empty() && !meter.key_file.empty()) {
        problems.emplace_back("both key and key_file are set: keep one");
    }
    if (!meter.auth_key.empty() && !meter.auth_key_file.empty()) {
        problems.emplace_back("both auth_key and auth_key_file are set: keep one");
    }
    const bool has_key = !meter.key.empty() || !meter.key_file.empty();
    const bool has_auth_key = !meter.auth_key.empty() || !meter.auth_key_file.empty();
    if ((has_key || has_auth_key) && meter.driver != DriverKind::P1) {
        problems.emplace_back(
            "only P1 telegrams can be encrypted: remove key, key_file, auth_key, auth_key_file");
    } else if (has_auth_key && !has_key) {
        problems.emplace_back("auth_key needs key or key_file: set it to the key of the grid operator");
    }
    if (!meter.share.empty() && !is_stream(meter.driver)) {
        problems.emplace_back("share repeats telegrams, and a Modbus meter sends none: remove share");
    }
    if (meter.share_raw && meter.share.empty()) {
        problems.emplace_back("share_raw needs share = \"address:port\"");
    }
    return problems;
}

} // namespace gridbridge
