// Why a broker did not let us in, in words with the setting to change.
#pragma once

#include <string>

namespace gridbridge {

// `return_code`: Paho's (negative) or the CONNACK return code of MQTT 3.1.1 (table 3.1, 1..5).
// `reason_code`: CONNACK reason code of MQTT 5 (table 3-1), 0 when there is none.
std::string explain_refusal(int return_code, int reason_code);

} // namespace gridbridge
