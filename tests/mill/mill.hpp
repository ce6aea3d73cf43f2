// One run of the mill: an installation in simulated time, what goes wrong in it, and what was seen.
#pragma once

#include "app/recording/record.hpp"
#include "drivers/io/wire_event.hpp"
#include "mqtt/outlet/message.hpp"
#include "tests/mill/schedule.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace gridbridge::mill {

struct Grist {
    Plan plan;
    std::string course = {};             // what else happened, in words
    std::vector<std::string> violations; // none: all is well
    std::size_t numbers = 0;             // that were checked
    std::size_t formed_numbers = 0;      // the same, of meters that are formed of others
    std::size_t messages = 0;
    std::vector<std::string> log;  // of the service, if wanted
    std::vector<Bytes> recordings; // of each of its lives, if wanted
};

struct Ways {
    bool keeps_log = false;
    bool records = false;
    bool lies = false;                // what the witness hears has been changed: it must see that
    bool is_deaf_to_silence = false;  // the same: it never hears that a value is unknown
    bool only_on_gx = false;          // both are so with what a GX shows only
    bool stays_without_meter = false; // a GX hears nothing of what ends its RunWithoutGridMeter
    bool has_late_meter = false; // the first line is silent once more, and nobody was told that it may be
};

std::string to_text(const WireEvent& event);
// What a subscriber hears of it.
Message as_heard(Message message, const Ways& ways);
// Else that is what was said.
inline bool changes_what_is_heard(const Ways& ways) {
    return ways.lies || ways.is_deaf_to_silence;
}

// A file for each recording in `folder`, named by the seed and `kind`: wires or lives. Their paths.
std::vector<std::string> keep(const Grist& grist, const std::string& folder, std::string_view kind);

// `busy`: for how long things go wrong, s. `replays`: what was recorded is replayed, and must say the same.
Grist grind(std::uint64_t seed, double busy, bool replays, const Ways& ways = {});

} // namespace gridbridge::mill
