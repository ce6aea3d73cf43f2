#include "tests/mill/schedule.hpp"

#include <algorithm>
#include <array>
#include <sstream>

namespace gridbridge::mill {
namespace {

// Each at most once: it has one serial number.
constexpr std::array kinds{
    MeterKind{"em24", "BX1230010001S", false, true},  MeterKind{"et112", "123001X", false, false},
    MeterKind{"et340", "123002S", false, true},       MeterKind{"em340_s27", "123003T", false, true},
    MeterKind{"em540", "KY1230010001S", false, true}, MeterKind{"p1", "E0044000000000001", true, true},
    MeterKind{"sml", "1ISK0075219242", true, true},   MeterKind{"d0", "1ESY1160012345", true, true}};

// Those that come in place of a stream's meter: the same protocol, another serial number.
constexpr std::array later_kinds{MeterKind{"p1", "E0044000000000002", true, true},
                                 MeterKind{"sml", "1ISK0075219243", true, true},
                                 MeterKind{"d0", "1ESY1160012346", true, true}};

constexpr std::array<std::string_view, 4> roles{"grid", "pvinverter", "genset", "acload"};

constexpr std::array<std::string_view, fault_count> names{
    "drop", "late", "double", "truncate", "flip", "lose", "insert", "foreign", "busy", "hangup", "refuse"};

bool is_bus(Medium medium) {
    return medium == Medium::Rtu || medium == Medium::RtuOverTcp;
}

// What no data can prove is left out: a TCP stream that loses bytes, and an exclusive-or of bytes of which
// two equal ones are lost.
bool fits(Fault fault, Medium medium, bool is_d0) {
    switch (fault) {
    case Fault::Lose:
    case Fault::Insert:
        return medium != Medium::Tcp && !is_d0;
    case Fault::Flip:
    case Fault::Truncate:
        return medium != Medium::Tcp;
    case Fault::Foreign:
        return medium == Medium::Rtu;
    case Fault::Busy:
        return is_bus(medium) || medium == Medium::Tcp;
    default:
        return true;
    }
}

std::string uri_of(const MeterKind& kind, Medium medium, std::size_t line, int unit) {
    const std::string number = std::to_string(line + 1);
    const std::string ending = "?unit=" + std::to_string(unit) + "&interval=1000";
    switch (medium) {
    case Medium::Rtu:
        return "cg+rtu:///dev/mill" + number + ending;
    case Medium::Tcp:
        return "cg+tcp://192.0.2." + number + ending;
    case Medium::RtuOverTcp:
        return "cg+rtutcp://192.0.2." + number + ":4000" + ending;
    case Medium::Serial:
        return std::string(kind.name) + "+serial:///dev/mill" + number + "?baud=115200";
    case Medium::StreamTcp:
        break;
    }
    return std::string(kind.name) + "+tcp://192.0.2." + number + ":3240";
}

void add_meters(Plan& plan, Dice& dice) {
    std::vector<const MeterKind*> left;
    left.reserve(kinds.size());
    for (const MeterKind& kind : kinds) {
        left.push_back(&kind);
    }
    const std::size_t count = 1 + dice.below(std::min<std::size_t>(8, left.size()));
    for (std::size_t i = 0; i < count; ++i) {
        const std::size_t pick = dice.below(left.size());
        const MeterKind* const kind = left[pick];
        left.erase(left.begin() + static_cast<std::ptrdiff_t>(pick));
        std::size_t line = plan.lines.size();
        int unit = 1;
        const bool joins =
            !kind->is_stream && !plan.lines.empty() && is_bus(plan.lines.back().medium) && dice.chance(0.6);
        if (joins) {
            --line;
            unit = 1 + static_cast<int>(std::count_if(plan.meters.begin(), plan.meters.end(),
                                                      [&](const auto& other) { return other.line == line; }));
        } else {
            constexpr std::array bus_media{Medium::Rtu, Medium::Tcp, Medium::RtuOverTcp};
            constexpr std::array stream_media{Medium::Serial, Medium::StreamTcp};
            plan.lines.push_back(
                {kind->is_stream ? stream_media.at(dice.below(2)) : bus_media.at(dice.below(3))});
        }
        const Medium medium = plan.lines[line].medium;
        plan.meters.push_back({kind, line, unit, uri_of(*kind, medium, line, unit),
                               std::string(i == 0 ? roles[0] : roles.at(1 + dice.below(3))),
                               1000.0 * static_cast<double>(i)});
    }
}

void add_faults(Plan& plan, Dice& dice, double busy) {
    constexpr double calm = 12; // at the beginning: all meters are there
    const std::size_t count = dice.below(7);
    for (std::size_t i = 0; i < count; ++i) {
        PlannedFault fault{};
        fault.line = dice.below(plan.lines.size());
        const bool is_d0 = std::any_of(plan.meters.begin(), plan.meters.end(), [&](const auto& meter) {
            return meter.line == fault.line && meter.kind->name == "d0";
        });
        do {
            fault.fault = static_cast<Fault>(dice.below(fault_count));
        } while (!fits(fault.fault, plan.lines[fault.line].medium, is_d0));
        fault.begin = dice.chance(0.15) ? 0 : dice.between(calm, calm + busy);
        fault.end = fault.begin + dice.between(0.5, dice.chance(0.3) ? 30 : 8);
        constexpr std::array probabilities{0.1, 0.5, 1.0};
        fault.probability = probabilities.at(dice.below(3));
        plan.last_fault_ends = std::max(plan.last_fault_ends, fault.end);
        plan.faults.push_back(fault);
    }
}

} // namespace

std::string_view name_of(Fault fault) {
    return names.at(static_cast<std::size_t>(fault));
}

Plan make_plan(std::uint64_t seed, double busy) {
    Dice dice(seed);
    Plan plan;
    plan.seed = seed;
    add_meters(plan, dice);
    add_faults(plan, dice, busy);
    constexpr double recovery = 80;
    plan.ends = std::max(plan.last_fault_ends, 20.0) + recovery;
    return plan;
}

const MeterKind* kind_for_the_place_of(const PlannedMeter& meter, const Plan& plan, Dice& dice) {
    if (meter.kind->is_stream) {
        return std::find_if(later_kinds.begin(), later_kinds.end(),
                            [&](const MeterKind& kind) { return kind.name == meter.kind->name; });
    }
    std::vector<const MeterKind*> left;
    for (const MeterKind& kind : kinds) {
        const bool is_used =
            std::any_of(plan.meters.begin(), plan.meters.end(),
                        [&](const PlannedMeter& other) { return other.kind->serial == kind.serial; });
        if (!kind.is_stream && !is_used) {
            left.push_back(&kind);
        }
    }
    return left.empty() ? nullptr : left[dice.below(left.size())];
}

std::string to_text(const Plan& plan) {
    std::ostringstream text;
    for (const PlannedMeter& meter : plan.meters) {
        text << "  " << meter.kind->name << " unit " << meter.unit << " at " << meter.uri << " as "
             << meter.role;
        if (meter.takes_a_place) {
            text << " from " << meter.from << " s on";
        } else if (meter.until < plan.ends) {
            text << " until " << meter.until << " s";
        }
        if (meter.rolls_at > 0) {
            text << ", its counter rolls over at " << meter.rolls_at << " s";
        }
        text << '\n';
    }
    for (const PlannedFault& fault : plan.faults) {
        text << "  " << fault.begin << ".." << fault.end << " s: " << name_of(fault.fault) << " on line "
             << fault.line + 1 << " with " << fault.probability << '\n';
    }
    return text.str();
}

} // namespace gridbridge::mill
