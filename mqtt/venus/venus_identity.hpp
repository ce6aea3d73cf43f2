// The paths of a Venus service that say who the meter is (venus-mqtt: Path catalogue 7.1, 7.2).
#pragma once

#include "mqtt/venus/venus_service.hpp"

#include <string_view>

namespace gridbridge {

// Whether the service has the paths of an electricity meter; a pulsemeter (gas, water, heat) has not.
bool is_electricity_service(std::string_view role);

// Sets every identity path of a meter; of a pulsemeter only those common to all devices. `version` is this
// program's.
void set_identity(VenusService& service, const Meter& meter, std::string_view version, bool awake,
                  Clock::time_point now, Messages& out);
// Pace and ConfirmCounters (ours: 1 while a doubtful counter is held back; writing 1 accepts it).
void set_meter_state(VenusService& service, const Meter& meter, bool awake, Clock::time_point now,
                     Messages& out);
// What a signing meter shows below Transaction/.
void set_transaction(VenusService& service, const Meter& meter, bool awake, Clock::time_point now,
                     Messages& out);

// What it measures: null where a quantity that has been there, or is expected of a meter of electricity, is
// unknown.
void set_measurements(VenusService& service, const Reading& reading, bool electricity, bool awake,
                      Clock::time_point now, Messages& out);

} // namespace gridbridge
