#include "tests/mill/course.hpp"

#include <algorithm>
#include <array>
#include <sstream>

namespace gridbridge::mill {
namespace {

constexpr double calm = 12; // at the beginning: all meters are there

constexpr std::array<std::string_view, trouble_count> trouble_names{
    "the connection is cut", "the broker is down", "the broker is down and forgets",
    "the broker is mute",    "the network stalls", "the disk is slow",
    "the disk is full"};

void add_lives(const Plan& plan, Course& course, Dice& dice, double busy) {
    const std::size_t count = 1 + dice.below(4);
    double begin = 0;
    for (std::size_t i = 1; i < count; ++i) {
        const double end =
            begin + dice.between(2, 2 * busy / static_cast<double>(count)) + (i == 1 ? calm : 0);
        course.lives.push_back({begin, end, dice.chance(0.6)});
        begin = end + dice.between(0.05, 3);
    }
    course.lives.push_back({begin, plan.ends, dice.chance(0.5)});
}

void add_troubles(Course& course, Dice& dice, double busy) {
    for (std::size_t i = dice.below(5); i > 0; --i) {
        const double begin = dice.chance(0.1) ? 0 : dice.between(calm, calm + busy);
        course.troubles.push_back({static_cast<Trouble>(dice.below(trouble_count)), begin,
                                   begin + dice.between(0.2, dice.chance(0.2) ? 40 : 6)});
    }
}

std::string value_for(WrittenSetting setting, std::size_t number, Dice& dice) {
    constexpr std::array classes{"grid", "pvinverter", "genset", "acload"};
    switch (setting) {
    case WrittenSetting::CustomName:
        return "\"written " + std::to_string(number) + '"';
    case WrittenSetting::Position:
        return std::to_string(dice.below(3));
    case WrittenSetting::ClassAndVrmInstance:
        break;
    }
    return '"' + std::string(classes.at(dice.below(classes.size()))) + ':' + std::to_string(50 + number) +
           '"';
}

void add_writes(const Plan& plan, Course& course, Dice& dice, double busy) {
    for (std::size_t i = dice.below(8); i > 0; --i) {
        const auto setting = static_cast<WrittenSetting>(dice.below(3));
        const double at = dice.between(4, calm + 1.5 * busy);
        course.writes.push_back({at, dice.below(plan.meters.size()), setting, value_for(setting, i, dice)});
    }
    std::sort(course.writes.begin(), course.writes.end(),
              [](const PlannedWrite& one, const PlannedWrite& other) { return one.at < other.at; });
}

void exchange_meters(Plan& plan, Dice& dice, double busy) {
    const std::size_t count = plan.meters.size();
    plan.meters.reserve(2 * count);
    for (std::size_t i = 0; i < count; ++i) {
        PlannedMeter& meter = plan.meters[i];
        if (!dice.chance(0.15)) {
            continue;
        }
        const MeterKind* const kind = kind_for_the_place_of(meter, plan, dice);
        if (kind == nullptr) {
            continue;
        }
        PlannedMeter later = meter;
        meter.until = dice.between(calm, calm + busy);
        later.kind = kind;
        later.takes_a_place = true;
        later.from = meter.until + dice.between(3, 20);
        later.ahead += 500;
        plan.last_fault_ends = std::max(plan.last_fault_ends, later.from);
        plan.meters.push_back(later);
    }
}

GxCourse gx_course(std::uint64_t seed, double busy) {
    constexpr std::uint64_t other_numbers = 0xA24BAED4963EE407; // it came after the rest
    constexpr std::array troubles{Trouble::Cut, Trouble::Down, Trouble::Mute, Trouble::Stall};
    constexpr std::array modes{GxMode::None, GxMode::Devices, GxMode::Devices, GxMode::Grid};
    Dice dice(seed ^ other_numbers);
    GxCourse gx;
    gx.mode = modes.at(dice.below(modes.size()));
    if (gx.mode == GxMode::None && Dice(~seed ^ other_numbers).chance(0.5)) { // later still
        gx.mode = GxMode::Em24;
        return gx;
    }
    for (std::size_t i = gx.mode == GxMode::None ? 0 : dice.below(4); i > 0; --i) {
        const double begin = dice.between(1, calm + busy);
        gx.troubles.push_back({troubles.at(dice.below(troubles.size())), begin,
                               begin + dice.between(0.2, dice.chance(0.2) ? 40 : 6)});
    }
    for (std::size_t i = gx.mode == GxMode::Devices ? dice.below(3) : 0; i > 0; --i) {
        const double begin = dice.chance(0.3) ? 0 : dice.between(1, calm + busy);
        gx.absences.push_back({begin, begin + dice.between(0.5, 15)});
    }
    return gx;
}

void roll_counters_over(Plan& plan, Dice& dice, double busy) {
    constexpr std::uint64_t other_numbers = 0xD1B54A32D192ED03; // streams rolled over first
    Dice bus_dice(plan.seed ^ other_numbers);
    for (PlannedMeter& meter : plan.meters) {
        Dice& thrown = meter.kind->is_stream ? dice : bus_dice;
        if (thrown.chance(0.2)) {
            meter.rolls_at = thrown.between(calm, calm + busy);
        }
    }
}

} // namespace

std::string_view name_of(Trouble trouble) {
    return trouble_names.at(static_cast<std::size_t>(trouble));
}

Course make_course(Plan& plan, double busy) {
    constexpr std::uint64_t other_numbers = 0x9E3779B97F4A7C15; // than those of the plan
    constexpr double recovery = 80;
    Dice dice(plan.seed ^ other_numbers);
    Course course;
    course.has_state_dir = dice.chance(0.7);
    course.retains = dice.chance(0.25);
    exchange_meters(plan, dice, busy);
    roll_counters_over(plan, dice, busy);
    add_troubles(course, dice, busy);
    add_writes(plan, course, dice, busy);
    for (std::size_t i = dice.below(3); i > 0; --i) {
        course.steps.push_back({dice.between(2, calm + busy), dice.between(-4000, 4000)});
    }
    plan.ends = std::max({plan.ends, calm + 4 * busy, plan.last_fault_ends + recovery});
    for (const PlannedTrouble& trouble : course.troubles) {
        plan.ends = std::max(plan.ends, trouble.end + recovery);
    }
    course.gx = gx_course(plan.seed, busy);
    for (const PlannedTrouble& trouble : course.gx.troubles) {
        plan.ends = std::max(plan.ends, trouble.end + recovery);
    }
    add_lives(plan, course, dice, busy);
    return course;
}

Course make_day(Plan& plan, double hours) {
    constexpr double hour = 3600, recovery = 120, pause = 600, longest = 40;
    const double busy = hours * hour;
    Dice dice(~plan.seed);
    Course course;
    course.gx.mode = GxMode::Devices;
    constexpr std::array faults{Fault::Drop, Fault::Hangup, Fault::Refuse};
    for (double at = calm; at < busy; at += dice.between(0, 2 * pause)) {
        const double end = at + dice.between(1, longest);
        plan.faults.push_back(
            {faults.at(dice.below(faults.size())), dice.below(plan.lines.size()), at, end, 1});
        course.troubles.push_back({static_cast<Trouble>(dice.below(trouble_count)), at + longest,
                                   at + longest + dice.between(1, longest)});
        course.gx.troubles.push_back({Trouble::Cut, at + 2 * longest, at + 3 * longest});
    }
    plan.last_fault_ends = busy;
    plan.ends = busy + recovery;
    course.lives.push_back({0, plan.ends, false});
    return course;
}

bool is_in(const std::vector<Span>& spans, double seconds) {
    return std::any_of(spans.begin(), spans.end(),
                       [&](const Span& span) { return span.begin <= seconds && seconds < span.end; });
}

bool is_in(const Course& course, Trouble trouble, double seconds) {
    return std::any_of(course.troubles.begin(), course.troubles.end(), [&](const PlannedTrouble& planned) {
        return planned.trouble == trouble && planned.begin <= seconds && seconds < planned.end;
    });
}

bool is_away(const Course& course, std::size_t line, double seconds) {
    return std::any_of(course.away_lines.begin(), course.away_lines.end(), [&](const LineAway& away) {
        return away.line == line && away.span.begin <= seconds && seconds < away.span.end;
    });
}

std::string to_text(const Course& course) {
    std::ostringstream text;
    text << (course.has_state_dir ? "  with" : "  without") << " a state directory"
         << (course.retains ? ", values are retained" : "")
         << (course.has_tls ? ", over TLS to the broker" : "") << '\n';
    for (const PlannedLife& life : course.lives) {
        text << "  " << life.begin << ".." << life.end << " s: the program, "
             << (life.is_killed ? "killed" : "which leaves in order") << '\n';
    }
    for (const PlannedTrouble& trouble : course.troubles) {
        text << "  " << trouble.begin << ".." << trouble.end << " s: " << name_of(trouble.trouble) << '\n';
    }
    constexpr std::array gx_modes{"", "  a GX with dbus-mqtt-devices\n", "  a GX with dbus-mqtt-grid\n",
                                  "  a GX that polls an EM24\n"};
    text << gx_modes.at(static_cast<std::size_t>(course.gx.mode));
    for (const PlannedTrouble& trouble : course.gx.troubles) {
        text << "  " << trouble.begin << ".." << trouble.end << " s: of the GX, " << name_of(trouble.trouble)
             << '\n';
    }
    for (const Span& absence : course.gx.absences) {
        text << "  " << absence.begin << ".." << absence.end << " s: the driver of the GX is not there\n";
    }
    for (const Span& mute : course.mute_names) {
        text << "  " << mute.begin << ".." << mute.end << " s: the name server is mute\n";
    }
    for (const auto& [line, span] : course.away_lines) {
        text << "  " << span.begin << ".." << span.end << " s: line " << line + 1 << " is away\n";
    }
    for (const PlannedWrite& write : course.writes) {
        text << "  " << write.at << " s: a client writes " << write.value << " to meter " << write.meter + 1
             << '\n';
    }
    for (const ClockStep& step : course.steps) {
        text << "  " << step.at << " s: the wall clock steps by " << step.by << " s\n";
    }
    return text.str();
}

} // namespace gridbridge::mill
