#include "drivers/gateways.hpp"

#include <algorithm>
#include <map>
#include <utility>

namespace gridbridge {
namespace {

struct Gateway {
    std::string key;
    std::vector<std::string> addresses;
};

bool has_common(const std::vector<std::string>& some, const std::vector<std::string>& others) {
    return std::any_of(some.begin(), some.end(), [&](const std::string& address) {
        return std::find(others.begin(), others.end(), address) != others.end();
    });
}

bool is_gateway(const MeterConfig& meter) {
    return !driver_row(meter.driver).is_stream && !has_serial_port(meter);
}

// Meters with another host on the same port.
bool may_be_another_spelling(const MeterConfig& meter, const MeterConfig& other) {
    return is_gateway(other) && other.transport == meter.transport && other.port == meter.port &&
           connection_key(other) != connection_key(meter);
}

} // namespace

std::vector<std::string> shared_connections(std::span<const MeterConfig> meters, const LookUpHost& look_up) {
    std::map<std::string, Gateway> known; // by connection_key()
    std::vector<std::string> keys;
    for (const MeterConfig& meter : meters) {
        const std::string key = connection_key(meter);
        if (known.contains(key)) {
            keys.push_back(known[key].key);
            continue;
        }
        Gateway gateway{key, {}};
        const bool may_share =
            is_gateway(meter) && std::any_of(meters.begin(), meters.end(), [&](const MeterConfig& other) {
                return may_be_another_spelling(meter, other);
            });
        if (may_share) {
            gateway.addresses = look_up(meter.host);
        }
        for (const MeterConfig& other : meters) {
            const auto found = known.find(connection_key(other));
            if (may_share && found != known.end() && may_be_another_spelling(meter, other) &&
                has_common(gateway.addresses, found->second.addresses)) {
                gateway.key = found->second.key;
            }
        }
        keys.push_back(gateway.key);
        known.emplace(key, std::move(gateway));
    }
    return keys;
}

} // namespace gridbridge
