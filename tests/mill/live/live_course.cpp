#include "tests/mill/live/live_course.hpp"

#include "tests/mill/schedule.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace gridbridge::mill {
namespace {

std::vector<Span> mute_names(std::uint64_t seed, double busy) {
    constexpr std::uint64_t other_numbers = 0x9FB21C651E98DF25;
    constexpr double start = 2, shortest = 1, longest = 20;
    Dice dice(seed ^ other_numbers);
    std::vector<Span> spans;
    for (std::size_t i = dice.below(3); i > 0; --i) {
        const double begin = dice.between(start, start + 2 * busy);
        spans.push_back({begin, begin + dice.between(shortest, longest)});
    }
    return spans;
}

// Longer than any pause of the program that is none: what was to be done then is long overdue.
std::vector<LineAway> away_lines(std::uint64_t seed, std::size_t lines, double busy) {
    constexpr std::uint64_t other_numbers = 0x27D4EB2F165667C5;
    constexpr double start = 3, shortest = 0.5, longest = 35;
    Dice dice(seed ^ other_numbers);
    std::vector<LineAway> away;
    for (std::size_t line = 0; line < lines; ++line) {
        const double begin = dice.between(start, start + 2 * busy);
        const double end = begin + dice.between(shortest, longest);
        if (dice.chance(0.4)) {
            away.push_back({line, {begin, end}});
        }
    }
    return away;
}

bool has_tls(std::uint64_t seed) {
    constexpr std::uint64_t other_numbers = 0x165667B19E3779F9; // it came after the rest; seed 1 has it
    return Dice(seed ^ other_numbers).chance(0.5);
}

} // namespace

Course make_live_course(Plan& plan, double busy) {
    constexpr double recovery = 45, longest_stop = 5;
    Course course = make_course(plan, busy);
    double last = plan.last_fault_ends;
    for (PlannedTrouble& trouble : course.troubles) {
        if (trouble.trouble == Trouble::FullDisk) { // the program stands still: shorter than its keepalive
            trouble.end = std::min(trouble.end, trouble.begin + longest_stop);
        }
        last = std::max(last, trouble.end);
    }
    course.mute_names = mute_names(plan.seed, busy);
    for (const Span& mute : course.mute_names) {
        last = std::max(last, mute.end);
    }
    course.away_lines = away_lines(plan.seed, plan.lines.size(), busy);
    for (const LineAway& away : course.away_lines) {
        last = std::max(last, away.span.end);
    }
    course.has_tls = has_tls(plan.seed);
    if (course.gx.mode != GxMode::None) { // the other ways to a GX are ground in simulated time
        course.gx = {GxMode::Em24, {}, {}};
    }
    plan.ends = std::max(last, course.lives.back().begin) + recovery;
    course.lives.back().end = plan.ends;
    return course;
}

} // namespace gridbridge::mill
