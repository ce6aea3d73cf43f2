#include "drivers/stream/mbus_sources.hpp"

#include <algorithm>

namespace gridbridge {

void MbusSources::serve(std::vector<MbusDevice> devices, const MbusTelegram& telegram,
                        MeterCounters& counters) {
    for (MbusDevice& device : devices) {
        const auto channel =
            channels_.try_emplace(device.channel, Channel{LineIdentities(1), DoubtfulValues(fuse_), {}});
        serve(device, telegram, channel.first->second, counters);
    }
    for (auto& [number, channel] : channels_) {
        const bool has_reading =
            std::any_of(devices.begin(), devices.end(),
                        [wanted = number](const MbusDevice& device) { return device.channel == wanted; });
        if (channel.announced && !has_reading) {
            handoff_.lose(source(number), "the P1 meter has no valid reading of it", counters);
            channel.announced.reset();
        }
    }
}

void MbusSources::serve(MbusDevice& device, const MbusTelegram& telegram, Channel& channel,
                        MeterCounters& counters) {
    device.reading.received = telegram.received;
    counters.implausible += device.reading.take_implausible();
    counters.implausible += channel.values.apply(device.reading, telegram.has_checksum);
    MeterInfo& info = device.info;
    const Label label = info.serial_is_stable ? Label{info.serial, info.former_serial} : Label{};
    const auto sender = channel.identities.judge(label, telegram.has_checksum, telegram.received);
    if (!sender) {
        ++counters.unidentified;
        return;
    }
    if (!sender->serial.text.empty()) {
        info.serial = sender->serial.text;
        info.former_serial = sender->serial.former;
        info.serial_is_stable = true;
    }
    if (channel.announced != info) {
        handoff_.announce(source(device.channel), info);
        channel.announced = std::move(info);
    }
    handoff_.put(source(device.channel), device.reading, counters, Wake::Later);
}

void MbusSources::lose(const std::string& reason, const MeterCounters& counters) {
    for (auto& [number, channel] : channels_) {
        if (channel.announced) {
            handoff_.lose(source(number), reason, counters);
            channel.announced.reset();
        }
    }
}

} // namespace gridbridge
