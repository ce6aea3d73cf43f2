// A byte source that asks an IEC 62056-21 meter for its readouts.
#pragma once

#include "drivers/stream/d0/d0_session.hpp"
#include "drivers/stream/source/byte_source.hpp"

#include <memory>

namespace gridbridge {

// What the configuration of a D0 meter means for the conversation. Auto asks only on a serial line; a TCP
// endpoint is asked when mode is request, at one speed.
D0SessionOptions d0_session_options(const MeterConfig& meter);

// Reads `line` and, where the options say so, runs the conversation of D0Session on it. Everything received
// is handed on, echoes included.
std::unique_ptr<Wire> make_d0_source(const MeterConfig& meter, std::unique_ptr<Wire> line);

} // namespace gridbridge
