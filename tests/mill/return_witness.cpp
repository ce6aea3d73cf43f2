#include "tests/mill/return_witness.hpp"

#include "drivers/io/back_off.hpp"
#include "tests/mill/installation.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace gridbridge::mill {
namespace {

using namespace std::chrono_literals;

constexpr double in_addition = 2;     // s
constexpr double until_it_speaks = 3; // a telegram and its end; who a meter is, its settings, a first reading
constexpr double of_a_time_out = 10;  // an attempt that nobody answers is given up then

// The pause that an outage has grown to.
double pause_after(double outage) {
    BackOff pauses;
    double pause = 0;
    double waited = 0;
    while (waited <= outage) {
        const double before = pause;
        pause = static_cast<double>(pauses.next().count());
        waited += pause;
        if (pause == before) { // they grow no more
            break;
        }
    }
    return pause;
}

// What happens on a line from its first fault to its last one, as one outage.
double line_is_back(const Plan& plan, const PlannedMeter& meter) {
    double begin = std::max(meter.from, 0.0), end = begin;
    for (const PlannedFault& fault : plan.faults) {
        if (fault.line == meter.line) {
            begin = end == 0 ? fault.begin : std::min(begin, fault.begin);
            end = std::max(end, fault.end);
        }
    }
    for (const PlannedMeter& other : plan.meters) { // whose place is taken is missed since it has gone
        if (other.line == meter.line && other.until < plan.ends) {
            begin = std::min(begin, other.until);
        }
    }
    return end + pause_after(end - begin) + of_a_time_out + until_it_speaks + in_addition;
}

// The link waits a sixteenth of the outage, at least 10 s where another client seems to take its name, and
// a fifth more or less.
double broker_is_back(const Course& course) {
    constexpr double share = 1.0 / 16, shortest = 10, stretch = 1.2;
    double begin = 0, end = 0;
    for (const PlannedTrouble& trouble : course.troubles) {
        begin = end == 0 ? trouble.begin : std::min(begin, trouble.begin);
        end = std::max(end, trouble.end);
    }
    const double pause = std::max((end - begin) * share, shortest) * stretch;
    return end == 0 ? 0 : end + of_a_time_out + pause + in_addition;
}

} // namespace

ReturnWitness::ReturnWitness(const Plan& plan, const Course& course, Witness& witness)
    : plan_(plan), witness_(witness) {
    for (const PlannedMeter& meter : plan.meters) {
        const double begins = course.lives.back().begin + until_it_speaks + in_addition + of_a_time_out;
        due_[&meter] = std::max({line_is_back(plan, meter), broker_is_back(course), begins});
    }
}

void ReturnWitness::look(Clock::time_point now) {
    constexpr auto gap = 500ms; // a meter that gets another role
    const bool is_shown_anew = std::exchange(looked_at_, witness_.changes()) != witness_.changes();
    if (!is_shown_anew && missing_since_.empty() && mill_seconds(now) <= next_due_) {
        return; // all are there that were
    }
    next_due_ = std::numeric_limits<double>::infinity();
    for (const auto& [meter, due] : due_) {
        next_due_ = mill_seconds(now) > due ? next_due_ : std::min(next_due_, due);
    }
    for (const PlannedMeter& meter : plan_.meters) {
        const bool must_be_there = mill_seconds(now) > due_[&meter] && mill_seconds(now) < meter.until;
        if (!must_be_there || witness_.shows_power(meter.kind->serial)) {
            missing_since_.erase(&meter);
            continue;
        }
        const auto since = missing_since_.try_emplace(&meter, now).first->second;
        if (now - since > gap && told_.insert(&meter).second) {
            witness_.violated(now, std::string(meter.kind->name) + " is not back, as it should be since " +
                                       std::to_string(due_[&meter]) + " s");
        }
    }
}

} // namespace gridbridge::mill
