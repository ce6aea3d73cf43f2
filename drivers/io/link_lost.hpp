// How waiting for the outside ends when it is not an answer.
#pragma once

#include <stdexcept>

namespace gridbridge {

// A link cannot be opened, or nothing works until it has been closed and opened again. what() is for the
// user: thing, reason and, where known, the fix.
class LinkLost : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

// Stop was requested during a wait.
class Stopped : public std::runtime_error {
  public:
    Stopped() : std::runtime_error("stop requested") {}
};

} // namespace gridbridge
