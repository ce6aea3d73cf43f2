// What a seed makes: an installation, and what goes wrong in it.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace gridbridge::mill {

using Seconds = std::chrono::duration<double>;

class Dice {
  public:
    explicit Dice(std::uint64_t seed) : engine_(seed) {}
    std::size_t below(std::size_t limit) { return static_cast<std::size_t>(engine_() % limit); }
    double between(double low, double high) {
        return low + (high - low) * static_cast<double>(engine_() % 1'000'000) / 1e6;
    }
    bool chance(double probability) { return between(0, 1) < probability; }

  private:
    std::mt19937_64 engine_;
};

enum class Medium : std::uint8_t { Rtu, Tcp, RtuOverTcp, Serial, StreamTcp };

// A kind of meter that can be simulated.
struct MeterKind {
    std::string_view name; // of the image or the dialect
    std::string_view serial;
    bool is_stream;
    bool has_phases; // three
};

struct PlannedMeter {
    const MeterKind* kind;
    std::size_t line; // index into Plan::lines
    int unit;         // on a bus
    std::string uri;  // with its options
    std::string role;
    double ahead; // s, of the others: it shows other values
    // It is on its line, s.
    double from = 0;
    double until = std::numeric_limits<double>::infinity();
    bool takes_a_place = false; // of one before it on that line: it is not configured
    double rolls_at = 0;        // s: its counter of imported energy begins anew; 0: never
};

struct PlannedLine {
    Medium medium;
};

enum class Fault : std::uint8_t {
    Drop,     // no answer, no telegram
    Late,     // after the time-out
    Double,   // sent twice
    Truncate, // its end is missing
    Flip,     // of one bit; only where a checksum tells
    Lose,     // some bytes in the middle are missing
    Insert,   // noise in the middle or before
    Foreign,  // another master speaks to another unit
    Busy,     // exception 6, or 11 of a gateway
    Hangup,   // the link is lost, and can be opened again at once
    Refuse    // it cannot be opened for the whole time
};
inline constexpr std::size_t fault_count = 11;
std::string_view name_of(Fault fault);

struct PlannedFault {
    Fault fault;
    std::size_t line;
    double begin, end;  // s
    double probability; // for each answer or telegram meanwhile
};

struct Plan {
    std::uint64_t seed = 0;
    std::vector<PlannedLine> lines;
    std::vector<PlannedMeter> meters;
    std::vector<PlannedFault> faults;
    double last_fault_ends = 0; // s
    double ends = 0;            // s
};

// `busy`: for how long things go wrong, s.
Plan make_plan(std::uint64_t seed, double busy);
std::string to_text(const Plan& plan);
// Another meter for the place of `meter`, with another serial number than all of the plan; nothing: there is
// none.
const MeterKind* kind_for_the_place_of(const PlannedMeter& meter, const Plan& plan, Dice& dice);

} // namespace gridbridge::mill
