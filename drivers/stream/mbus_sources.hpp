// The meters behind a P1 meter as sources of their own.
#pragma once

#include "drivers/stream/line_identities.hpp"
#include "drivers/stream/obis/mbus.hpp"
#include "drivers/values/doubtful_values.hpp"
#include "drivers/waist/handoff.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace gridbridge {

// The telegram they were in.
struct MbusTelegram {
    bool has_checksum = false;
    Clock::time_point received{};
};

// Announces, hands over and loses them: the four channels behind that of their meter. Used by one thread;
// `handoff` must outlive it.
class MbusSources {
  public:
    MbusSources(SourceId meter, std::optional<int> fuse, Handoff& handoff)
        : meter_(meter), fuse_(fuse), handoff_(handoff) {}

    // What a telegram says of them. A device it has no valid reading of is lost; one whose serial number does
    // not count yet (LineIdentities) is passed over. What is left out is counted in `counters`. The publisher
    // is woken by the caller.
    void serve(std::vector<MbusDevice> devices, const MbusTelegram& telegram, MeterCounters& counters);
    // With their meter.
    void lose(const std::string& reason, const MeterCounters& counters);

  private:
    struct Channel {
        LineIdentities identities;
        DoubtfulValues values;
        std::optional<MeterInfo> announced; // nothing since the last loss
    };

    SourceId source(std::uint16_t channel) const {
        return {meter_.meter, static_cast<std::uint16_t>(meter_.channel + channel)};
    }
    void serve(MbusDevice& device, const MbusTelegram& telegram, Channel& channel, MeterCounters& counters);

    SourceId meter_;
    std::optional<int> fuse_;
    Handoff& handoff_;
    std::map<std::uint16_t, Channel> channels_; // 1..4
};

} // namespace gridbridge
