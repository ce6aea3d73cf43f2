// Each reading as outlets see it, as one number: whether a replay says the same.
#pragma once

#include "app/recording/record.hpp"
#include "mqtt/outlet/outlet.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <string>

namespace gridbridge {

// Of a reading and all before it, which have the hash `before`; 0: there is none. 32 bits: more of them would
// be a tenth of a compressed recording, and what differs once differs from then on.
std::uint64_t hash_after(std::uint64_t before, const Reading& reading);

// A running hash per meter, of the quantities of each reading and their values to the last bit, without those
// of the demand: they depend on clocks and on earlier runs.
class ReadingHashes final : public Outlet {
  public:
    using Tell =
        std::function<void(const std::string& serial, Clock::time_point received, std::uint64_t hash)>;

    explicit ReadingHashes(Tell tell) : tell_(std::move(tell)) {}

    void reading(const Meter& meter, Clock::time_point now, Messages& out) override;

  private:
    Tell tell_;
    std::map<std::string, std::uint64_t> hashes_; // by serial number
};

// Tells each as a record of its own. Publisher thread.
OutletRow recorded_readings(std::function<void(Record record)> add);

} // namespace gridbridge
