#include "app/page/wanted_scan.hpp"

#include "drivers/json/json.hpp"
#include "drivers/text/json_bounds.hpp"
#include "drivers/text/network.hpp"
#include "drivers/text/number.hpp"
#include "drivers/text/text.hpp"

#include <algorithm>

namespace gridbridge {
namespace {

constexpr JsonBounds scan_bounds{8192, 3, 300};
constexpr long long largest_scan = 24; // bits of the network
constexpr const char* scan_form =
    R"(the body must be {"ports": ["/dev/..."], "networks": ["192.168.1.0/24"], "hosts": ["192.168.1.7"]})";

bool is_list_of_texts(const Json& list) {
    return list.is_array() && std::all_of(list.begin(), list.end(), [](const Json& each) {
               return each.is_string() && !each.get_ref<const std::string&>().empty();
           });
}

bool is_driven(const ScanTarget& target, const ScanRules& rules) {
    return std::any_of(rules.meters.begin(), rules.meters.end(), [&](const MeterConfig& meter) {
        return meter.path.empty() && meter.host == target.endpoint.host && meter.port == target.endpoint.port;
    });
}

std::string take_port(const std::string& port, const ScanRules& rules, std::vector<ScanTarget>& targets) {
    if (!port.starts_with("/dev/") || port.find("/../") != std::string::npos) {
        return in_quotes(port) + " is no serial port below /dev/";
    }
    if (const MeterConfig* const meter = user_of(port, rules)) {
        return port + " is used by " + place_of(*meter) +
               ": a bus in service is not scanned; disable the meter";
    }
    return add_scan_target(port, targets);
}

// `network` with its length. Its first and last address are ours, so all of it is.
std::string take_network(const std::string& network, const ScanRules& rules,
                         std::vector<ScanTarget>& targets) {
    const std::size_t slash = std::min(network.find('/'), network.size());
    const std::size_t end = std::min(network.find(':', slash), network.size());
    const auto bits = slash < end ? parse_integer(network.substr(slash + 1, end - slash - 1)) : std::nullopt;
    if (!bits || *bits < largest_scan || *bits > 32 || !is_network(network.substr(0, slash))) {
        return in_quotes(network) + " is not a network of at most 254 hosts, as 192.168.1.0/24";
    }
    std::vector<ScanTarget> found;
    if (std::string problem = add_scan_target(network, found); !problem.empty()) {
        return problem;
    }
    const bool is_own = std::all_of(found.begin(), found.end(), [&](const ScanTarget& target) {
        return is_within(target.endpoint.host, rules.networks);
    });
    if (!is_own) {
        return in_quotes(network) + " is no network of this machine: only those are scanned";
    }
    std::erase_if(found, [&](const ScanTarget& target) { return is_driven(target, rules); });
    targets.insert(targets.end(), found.begin(), found.end());
    return {};
}

std::string take_host(const std::string& host, const ScanRules& rules, std::vector<ScanTarget>& targets) {
    std::vector<ScanTarget> found;
    const bool is_path = host.find('/') != std::string::npos;
    if (std::string problem = is_path ? std::string() : add_scan_target(host, found); !problem.empty()) {
        return problem;
    }
    if (found.size() != 1 || !is_within(found[0].endpoint.host, rules.networks)) {
        return in_quotes(host) + " is no IPv4 address in a network of this machine: only those are scanned";
    }
    if (is_driven(found[0], rules)) {
        return in_quotes(host) + " is read as a meter already: disable it first";
    }
    targets.push_back(std::move(found[0]));
    return {};
}

using Take = std::string (*)(const std::string&, const ScanRules&, std::vector<ScanTarget>&);

} // namespace

const MeterConfig* user_of(const std::string& port, const ScanRules& rules) {
    const std::string device = rules.device(port);
    const auto found = std::find_if(rules.meters.begin(), rules.meters.end(), [&](const MeterConfig& meter) {
        return has_serial_port(meter) && (meter.path == port || rules.device(meter.path) == device);
    });
    return found == rules.meters.end() ? nullptr : &*found;
}

std::variant<ScanRequest, std::string> wanted_scan(std::string_view body, const ScanRules& rules) {
    const Json json = is_within(body, scan_bounds) ? parse_json(body) : Json(Json::value_t::discarded);
    if (!json.is_object()) {
        return std::string(scan_form);
    }
    ScanRequest request;
    for (const auto& [key, list] : json.items()) {
        const Take take = key == "ports"      ? take_port
                          : key == "networks" ? take_network
                          : key == "hosts"    ? take_host
                                              : nullptr;
        if (take == nullptr || !is_list_of_texts(list)) {
            return std::string(scan_form);
        }
        for (const Json& each : list) {
            if (std::string problem = take(each.get<std::string>(), rules, request.targets);
                !problem.empty()) {
                return problem;
            }
        }
    }
    if (request.targets.empty()) {
        return std::string("nothing is chosen: name a port, a network or a host");
    }
    if (std::string problem = read_scan_request({}, request); !problem.empty()) {
        return problem;
    }
    return request;
}

} // namespace gridbridge
