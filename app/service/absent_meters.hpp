// Which meters did not answer when they were first asked. Pure; publisher thread only.
#pragma once

#include "drivers/meter/meter_config.hpp"

#include <cstddef>
#include <set>
#include <string>
#include <vector>

namespace gridbridge {

class AbsentMeters {
  public:
    explicit AbsentMeters(const std::vector<MeterConfig>& meters);

    // Meter number `index` did not answer. True: nothing on its connection has, and one of the meters there
    // has on_lost = "exit". The first round of attempts decides: later a meter is lost before it can be
    // absent.
    bool ends_the_program(std::size_t index);

  private:
    struct Place {
        std::string connection;
        bool ends_the_program = false;
    };
    std::vector<Place> places_; // of the meters
    std::set<std::size_t> absent_;
};

} // namespace gridbridge
