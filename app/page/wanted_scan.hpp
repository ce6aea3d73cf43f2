// What the page may look for: ports that no meter uses, hosts of our own networks. Pure.
#pragma once

#include "app/scan/request.hpp"
#include "drivers/meter/meter_config.hpp"

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace gridbridge {

struct ScanRules {
    std::vector<std::string> networks;                          // own, at most a /24 each
    std::span<const MeterConfig> meters;                        // that are driven
    std::function<std::string(const std::string& path)> device; // what a name of a port stands for
};

// The enabled meter on this port; nothing: it is free.
const MeterConfig* user_of(const std::string& port, const ScanRules& rules);

// `body` is `{"ports": ["/dev/..."], "networks": ["192.168.1.0/24"], "hosts": ["192.168.1.7:502"]}`. Hosts of
// a network at which a meter is driven are left out. A text is why it is refused, for people.
std::variant<ScanRequest, std::string> wanted_scan(std::string_view body, const ScanRules& rules);

} // namespace gridbridge
