// What happens to the real program in real time.
#pragma once

#include "tests/mill/course.hpp"

namespace gridbridge::mill {

// The course of simulated time, with what only ports, a name server and a broker's TLS can do. It says when
// the plan ends.
Course make_live_course(Plan& plan, double busy);

} // namespace gridbridge::mill
