// The one meter that [gx] gives to a GX. Pure.
#pragma once

#include "mqtt/outlet/outlet.hpp"

#include <cstddef>
#include <optional>
#include <string>

namespace gridbridge {

inline constexpr std::size_t gx_link = 1; // the connection to the broker of the GX

class GxMeter {
  public:
    // Name or serial number; empty: the first meter that is configured for the grid.
    explicit GxMeter(std::string wanted) : wanted_(std::move(wanted)) {}

    void added(const Meter& meter);
    // Whether this is the one; a serial number decides with the first reading.
    bool is(const Meter& meter);

  private:
    std::string wanted_;
    std::optional<SourceId> chosen_;
};

} // namespace gridbridge
