// What follows an answer of the meter.
#pragma once

#include "drivers/modbus/signing/request_runner.hpp"

#include <optional>
#include <string>
#include <variant>

namespace gridbridge {

struct LookNow {}; // at its state

struct RestUntil {
    Clock::time_point look_due{};
    std::optional<Clock::time_point> not_before{}; // nothing is asked before
};

// From the start-up on, after a pause.
struct BeginAnew {
    std::string reason; // for the log
};

using NextAction = std::variant<StepJob, LookNow, RestUntil, BeginAnew>;

} // namespace gridbridge
