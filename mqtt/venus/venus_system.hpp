// What clients ask the system of a GX for, beside its meters: its version, and the grid as one. Publisher
// thread only.
#pragma once

#include "mqtt/outlet/meter.hpp"
#include "mqtt/outlet/outlet.hpp"
#include "mqtt/outlet/venus_request.hpp"
#include "mqtt/venus/venus_service.hpp"

#include <map>
#include <string_view>

namespace gridbridge {

// Values are never retained: nobody would take them back after a crash. Only what follows from the grid meter
// is there, so no consumption: an inverter or battery nobody measures would make it a wrong number.
class VenusSystem {
  public:
    VenusSystem(std::string_view portal_id, std::string_view version);

    // A new reading of a meter. Of several for the grid the one with the lowest instance is the grid's.
    void take(const Meter& meter, bool awake, Clock::time_point now, Messages& out);
    // The meter is lost or gone.
    void lose(SourceId source, bool awake, Clock::time_point now, Messages& out);

    void publish_all(Clock::time_point now, Messages& out);
    void repeat(Clock::time_point limit, Clock::time_point now, Messages& out);
    void read(const VenusTopic& topic, Clock::time_point now, Messages& out);
    void withdraw(Messages& out) const;

  private:
    struct Grid {
        SourceId source;
        bool live = false;
        bool has_phases = false; // a phase had a power of its own
        int instance = 0;
        int product_id = 0;
        int device_type = 0;
        std::string service_name;
        Reading reading;
    };

    const Grid* lowest() const; // none while no grid meter is live
    static bool goes_before(int instance, SourceId source, const Grid& other);
    void show(bool awake, Clock::time_point now, Messages& out);

    VenusService platform_;
    VenusService system_;
    std::map<SourceId, Grid> grids_;
    const Grid* shown_ = nullptr; // lowest(), as of the last reading or loss
};

} // namespace gridbridge
