#include "drivers/stream/mbus_sources.hpp"

#include <utility>

namespace gridbridge {

void MbusSources::serve(std::vector<MbusDevice> devices, Clock::time_point received,
                        const MeterCounters& counters) {
    auto missing = announced_;
    for (MbusDevice& device : devices) {
        const SourceId source{meter_, device.channel};
        MeterInfo& announced = announced_[device.channel];
        if (announced != device.info) {
            handoff_.announce(source, device.info);
            announced = std::move(device.info);
        }
        device.reading.received = received;
        handoff_.put(source, device.reading, counters);
        missing.erase(device.channel);
    }
    for (const auto& [channel, info] : missing) {
        handoff_.lose({meter_, channel}, "the P1 meter has no valid reading of it", counters);
        announced_.erase(channel);
    }
}

void MbusSources::lose(const std::string& reason, const MeterCounters& counters) {
    for (const auto& [channel, info] : announced_) {
        handoff_.lose({meter_, channel}, reason, counters);
    }
    announced_.clear();
}

} // namespace gridbridge
