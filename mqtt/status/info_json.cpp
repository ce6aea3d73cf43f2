#include "mqtt/status/info_json.hpp"

#include "drivers/json/json.hpp"

namespace gridbridge {

std::string info_json(const ServiceFacts& facts, std::span<const Meter* const> meters) {
    OrderedJson list = OrderedJson::array();
    for (const Meter* const meter : meters) {
        if (meter->life != MeterLife::Live && meter->life != MeterLife::Lost) {
            continue;
        }
        list.push_back({{"serial", meter->info.serial},
                        {"name", meter->name},
                        {"product", meter->info.product_name},
                        {"model", meter->info.model},
                        {"firmware", meter->info.firmware},
                        {"connection", meter->info.connection},
                        {"role", meter->role},
                        {"instance", meter->instance}});
    }
    OrderedJson info = {{"version", facts.version},
                        {"commit", facts.commit},
                        {"config_digest", facts.config_digest},
                        {"meters", list}};
    if (!facts.service_id.empty()) {
        info["service_id"] = facts.service_id;
    }
    return write_json(info);
}

} // namespace gridbridge
