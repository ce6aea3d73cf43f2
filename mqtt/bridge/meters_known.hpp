// Which meters there are: one per line of the configuration, and one per device heard behind it.
#pragma once

#include "drivers/meter/meter_config.hpp"
#include "drivers/waist/handoff.hpp"
#include "mqtt/bridge/outlet_set.hpp"
#include "mqtt/outlet/meter.hpp"

#include <map>
#include <string>
#include <vector>

namespace gridbridge {

// Publisher thread only. `outlets` must outlive it; they are told of each new meter. A Meter stays where it
// is as long as this lives.
class MetersKnown {
  public:
    // SourceId::meter is the index of `configured`.
    MetersKnown(const std::vector<MeterConfig>& configured, OutletSet& outlets);

    // Made when the source is new: a device behind a meter is a meter of its own; name, role and numbers of
    // the configuration are the main one's. Throws std::out_of_range when there is no such configuration.
    Meter& of(SourceId source);
    // Null: there is none.
    Meter* find(SourceId source);
    Meter* find(const std::string& device_id);

    std::vector<const Meter*> all() const;
    // Whether every configured meter has said who it is.
    bool all_known() const;

    // The other source that is the meter with this serial number now; null: none is. `source` does not count.
    Meter* rival_of(SourceId source, const std::string& serial);
    // Whether any other source says that it has this serial number.
    bool is_shared(SourceId source, const std::string& serial) const;

    // Bytes on a line are a sign of life of all that is behind it.
    void hear(std::uint16_t line, Clock::time_point heard);

    // In the order of the sources.
    auto begin() { return meters_.begin(); }
    auto end() { return meters_.end(); }

  private:
    Meter& add(SourceId source, const MeterConfig& config);

    OutletSet& outlets_;
    std::map<SourceId, Meter> meters_;
};

} // namespace gridbridge
