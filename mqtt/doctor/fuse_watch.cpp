#include "mqtt/doctor/fuse_watch.hpp"

#include "drivers/waist/phase_quantities.hpp"
#include "mqtt/doctor/words.hpp"

#include <chrono>
#include <cmath>

namespace gridbridge {
namespace {

constexpr std::chrono::minutes lasting(1);
constexpr double above_fuse = 1.1;
constexpr double impossible = 2; // times the fuse: it would have blown within seconds

} // namespace

void FuseWatch::take(const Meter& meter, Clock::time_point now) {
    if (!meter.config.fuse) {
        return;
    }
    for (std::size_t i = 0; i < phases_.size(); ++i) {
        Phase& phase = phases_.at(i);
        phase.amperes = std::abs(meter.reading.get(phases_of(Quantity::Current).at(i)).value_or(0));
        phase.is_above = phase.above.apply(phase.amperes > above_fuse * *meter.config.fuse, now, lasting);
        phase.is_impossible =
            phase.impossible.apply(phase.amperes > impossible * *meter.config.fuse, now, lasting) ||
            phase.is_impossible;
    }
}

void FuseWatch::look(const Meter& meter, const std::string& id, std::vector<Finding>& out) const {
    for (std::size_t i = 0; i < phases_.size() && meter.config.fuse; ++i) {
        const Phase& phase = phases_.at(i);
        const std::string evidence = rounded_text(phase.amperes, 1) + " A on " + words::phase(i) + ", fuse " +
                                     std::to_string(*meter.config.fuse) + " A";
        if (phase.is_impossible && !is_formed(meter.config.driver)) { // transformers belong to one meter
            out.push_back(make_finding(
                FindingCode::CtRatio, id,
                "more than twice the current of the fuse for a minute: the ratio of the current transformers "
                "is too large, or the key fuse is wrong",
                evidence));
        } else if (phase.is_above) {
            out.push_back(make_finding(FindingCode::FuseOverload, id,
                                       words::phase(i) + " is above its fuse for more than a minute",
                                       evidence));
        }
    }
}

} // namespace gridbridge
