#include "app/scan/request.hpp"

#include "drivers/text/number.hpp"
#include "drivers/text/text.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

namespace gridbridge {
namespace {

constexpr std::uint16_t modbus_port = 502;
constexpr int largest_network = 22; // prefix length: 1022 hosts
constexpr std::array bauds{4800, 9600, 19200, 38400, 57600, 115200};

std::optional<std::uint32_t> ipv4_of(std::string_view text) {
    const auto parts = split(text, '.');
    if (parts.size() != 4) {
        return std::nullopt;
    }
    std::uint32_t address = 0;
    for (const std::string_view part : parts) {
        const auto number = parse_integer(part);
        if (!number || *number < 0 || *number > 255) {
            return std::nullopt;
        }
        address = address << 8 | static_cast<std::uint32_t>(*number);
    }
    return address;
}

std::string ipv4_text(std::uint32_t address) {
    return std::to_string(address >> 24) + '.' + std::to_string(address >> 16 & 255) + '.' +
           std::to_string(address >> 8 & 255) + '.' + std::to_string(address & 255);
}

std::string add_network(std::string_view text, std::vector<ScanTarget>& targets) {
    std::string example = in_quotes(text) + " is not a network: write it as 192.0.2.0/24";
    const auto slash = text.find('/');
    const auto colon = text.find(':', slash);
    const auto address = ipv4_of(text.substr(0, slash));
    const auto prefix = parse_integer(
        text.substr(slash + 1, colon == std::string_view::npos ? std::string_view::npos : colon - slash - 1));
    const auto port = colon == std::string_view::npos ? std::optional<long long>(modbus_port)
                                                      : parse_integer(text.substr(colon + 1));
    if (!address || !prefix || *prefix < 0 || *prefix > 32 || !port || *port < 1 || *port > 65535) {
        return example;
    }
    if (*prefix < largest_network) {
        return in_quotes(text) + " is too large: at most a /22 (1022 hosts) in one scan; split it";
    }
    const std::uint32_t size = 1U << static_cast<unsigned>(32 - *prefix);
    const std::uint32_t base = *address & ~(size - 1);
    const std::uint32_t edge = size > 2 ? 1 : 0; // network and broadcast address are no hosts
    for (std::uint32_t i = edge; i < size - edge; ++i) {
        targets.push_back({{}, {ipv4_text(base + i), static_cast<std::uint16_t>(*port)}, size > 1});
    }
    return {};
}

std::optional<std::vector<int>> parse_bauds(std::string_view text) {
    std::vector<int> chosen;
    for (const std::string_view part : split(text, ',')) {
        const auto number = parse_integer(trim(part));
        if (!number || std::find(bauds.begin(), bauds.end(), *number) == bauds.end()) {
            return std::nullopt;
        }
        chosen.push_back(static_cast<int>(*number));
    }
    return chosen;
}

std::optional<std::vector<Parity>> parse_parities(std::string_view text) {
    std::vector<Parity> chosen;
    for (const std::string_view part : split(text, ',')) {
        const std::string_view name = trim(part);
        if (name != "none" && name != "even" && name != "odd") {
            return std::nullopt;
        }
        chosen.push_back(name == "none" ? Parity::None : name == "even" ? Parity::Even : Parity::Odd);
    }
    return chosen;
}

} // namespace

std::string add_scan_target(std::string_view text, std::vector<ScanTarget>& targets) {
    if (text.find("://") != std::string_view::npos) {
        return in_quotes(text) + " is a meter URI: scan takes the port, host or network alone";
    }
    if (text.starts_with('/') || text.starts_with("./")) {
        targets.push_back({std::string(text), {}, false});
        return {};
    }
    if (text.find('/') != std::string_view::npos) {
        return add_network(text, targets);
    }
    if (text.starts_with("tty")) {
        return in_quotes(text) + " is not a host: write a serial port as /dev/" + std::string(text);
    }
    const auto endpoint = parse_endpoint(text, modbus_port);
    if (!endpoint || endpoint->host.empty()) {
        return in_quotes(text) +
               " is neither a serial port (/dev/...), a host[:port] nor a network (192.0.2.0/24)";
    }
    targets.push_back({{}, *endpoint, false});
    return {};
}

std::optional<std::vector<int>> parse_units(std::string_view text) {
    std::vector<int> units;
    for (const std::string_view part : split(text, ',')) {
        const auto dash = part.find('-');
        const auto first = parse_integer(trim(part.substr(0, dash)));
        const auto last = dash == std::string_view::npos ? first : parse_integer(trim(part.substr(dash + 1)));
        if (!first || !last || *first < 1 || *last > 247 || *first > *last) {
            return std::nullopt;
        }
        for (auto unit = *first; unit <= *last; ++unit) {
            if (std::find(units.begin(), units.end(), unit) == units.end()) {
                units.push_back(static_cast<int>(unit));
            }
        }
    }
    return units;
}

std::string read_scan_request(const Options& options, ScanRequest& request) {
    for (const std::string& argument : options.arguments) {
        if (std::string problem = add_scan_target(argument, request.targets); !problem.empty()) {
            return problem;
        }
    }
    auto units = parse_units(options.units.value_or(std::string(default_scan_units)));
    if (!units) {
        return "--units must be unit ids from 1 to 247, as in 1-10 or 1,3,7-9";
    }
    auto speeds = parse_bauds(options.bauds.value_or(std::string(default_scan_bauds)));
    if (!speeds) {
        return "--bauds must be a list of 4800, 9600, 19200, 38400, 57600 and 115200";
    }
    auto parities = parse_parities(options.parities.value_or(std::string(default_scan_parities)));
    if (!parities) {
        return "--parities must be a list of none, even and odd";
    }
    request.units = std::move(*units);
    request.units_are_given = options.units.has_value();
    request.bauds = std::move(*speeds);
    request.parities = std::move(*parities);
    request.toml = options.toml;
    request.signs_on = true;
    if (options.timeout) {
        request.timeout = std::chrono::milliseconds(*options.timeout);
    }
    return {};
}

std::string target_text(const ScanTarget& target) {
    if (target.is_port()) {
        return target.path;
    }
    const bool is_ipv6 = target.endpoint.host.find(':') != std::string::npos;
    const std::string host = is_ipv6 ? '[' + target.endpoint.host + ']' : target.endpoint.host;
    return target.endpoint.port == modbus_port ? host : host + ':' + std::to_string(target.endpoint.port);
}

} // namespace gridbridge
