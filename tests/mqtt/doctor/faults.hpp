// 200 sound and 200 faulty installations, each from its number.
#pragma once

#include "tests/mqtt/doctor/installation.hpp"

#include <memory>
#include <string>

namespace gridbridge::simulated {

struct Case {
    std::string name;
    std::unique_ptr<Installation> installation;
    FindingCode expected{};
    std::string meter;                  // that is named
    std::set<FindingCode> also_right{}; // what the same fault shows as well
    double hours = 24;
};

std::unique_ptr<Installation> sound_installation(std::uint64_t seed);
// `number` 0..199 chooses the kind; together with `seed` all that is random.
Case faulty_installation(std::size_t number, std::uint64_t seed);

} // namespace gridbridge::simulated
