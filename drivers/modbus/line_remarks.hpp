// What is said about the line of a meter, once each time it begins. Pure.
#pragma once

#include "drivers/modbus/line/transport.hpp"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace gridbridge {

class LineRemarks {
  public:
    // What is news, for the log.
    std::vector<std::string> take(const LineHealth& health);
    // For the owner of the meter, while it holds; behind what is said of the meter itself.
    std::string advice_after(const std::string& of_meter) const;
    bool is_shared() const { return is_shared_; }
    // Connections opened anew without words, since this was asked last.
    std::uint64_t take_reopened() { return std::exchange(reopened_, 0); }

  private:
    std::string advice_;
    std::string said_; // its kind: figures in it may change
    std::uint64_t reopened_ = 0;
    std::uint64_t seen_reopened_ = 0; // by the line, since its start
    bool is_shared_ = false;
    bool echoes_ = false;
};

} // namespace gridbridge
