// What happens around the meters of a plan: to the program, its broker, its disk and its clock, and what
// clients write.
#pragma once

#include "tests/mill/schedule.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace gridbridge::mill {

// The program from a start to its end. Seconds.
struct PlannedLife {
    double begin, end;
    bool is_killed; // else it leaves in order
};

enum class Trouble : std::uint8_t {
    Cut,      // the connection is lost, and can be made again at once
    Down,     // the broker is not there, and keeps what is retained
    DownBare, // the same, and it forgets that
    Mute,     // the connection is lost, and who connects hears nothing until a time-out
    Stall,    // what is sent arrives when this is over, or never
    SlowDisk, // each file takes two seconds
    FullDisk  // no file is taken
};
inline constexpr std::size_t trouble_count = 7;
std::string_view name_of(Trouble trouble);

struct PlannedTrouble {
    Trouble trouble;
    double begin, end; // s
};

enum class WrittenSetting : std::uint8_t { CustomName, Position, ClassAndVrmInstance };

struct PlannedWrite {
    double at;         // s
    std::size_t meter; // index into Plan::meters
    WrittenSetting setting;
    std::string value; // as a client writes it, JSON
};

struct ClockStep {
    double at, by; // s
};

// How the first meter is given to a GX.
enum class GxMode : std::uint8_t {
    None,
    Devices,
    Grid,
    Em24 // it polls
};

struct Span {
    double begin, end; // s
};

struct LineAway {
    std::size_t line;
    Span span;
};

struct GxCourse {
    GxMode mode = GxMode::None;
    std::vector<PlannedTrouble> troubles; // of its own broker, which has no disk; down: the whole GX is
    std::vector<Span> absences;           // of its driver
};

struct Course {
    std::vector<PlannedLife> lives; // in order
    std::vector<PlannedTrouble> troubles;
    std::vector<PlannedWrite> writes; // in order
    std::vector<ClockStep> steps;
    GxCourse gx;
    std::vector<Span> mute_names;     // the name server says nothing; in real time
    std::vector<LineAway> away_lines; // cut within what they say, and not there; in real time
    bool has_tls = false;             // the program's way to its broker; in real time
    bool has_state_dir = true;
    bool retains = false; // measurements
};

// Of the seed of `plan`, in which meters may be exchanged and counters roll over.
Course make_course(Plan& plan, double busy);
// One life in which something goes wrong every few minutes.
Course make_day(Plan& plan, double hours);
std::string to_text(const Course& course);

// Whether that is the case then.
bool is_in(const std::vector<Span>& spans, double seconds);
bool is_in(const Course& course, Trouble trouble, double seconds);
bool is_away(const Course& course, std::size_t line, double seconds);

} // namespace gridbridge::mill
