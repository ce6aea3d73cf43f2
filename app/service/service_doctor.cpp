#include "app/service/service_doctor.hpp"

#include "app/service/wall_clock.hpp"
#include "mqtt/doctor/load_test_outlet.hpp"

#include <memory>
#include <utility>

namespace gridbridge {

ServiceDoctor::ServiceDoctor(const LimitsConfig& limits, Log log)
    : doctor_({limits.peak_kw > 0 ? std::optional(limits.peak_kw * 1000) : std::nullopt}),
      book_(std::move(log)) {}

void ServiceDoctor::add_outlets(std::vector<OutletRow>& rows, const std::string& portal_id,
                                DoctorSight sight) {
    const auto findings = findings_options(portal_id, std::move(sight));
    rows.push_back(
        {"findings", [this, findings] { return std::make_unique<FindingsOutlet>(book_, findings); }});
    const LoadTestOutletOptions test{portal_id,
                                     [this](std::string progress) { load_test_ = std::move(progress); }};
    rows.push_back({"load test", [test] { return std::make_unique<LoadTestOutlet>(test); }});
}

FindingsOutletOptions ServiceDoctor::findings_options(const std::string& portal_id, DoctorSight sight) {
    FindingsOutletOptions options;
    options.portal_id = portal_id;
    options.follow = [this](const Meter& meter) {
        if (followed_.insert(meter.source).second) {
            doctor_.follow(meter);
        }
    };
    options.reading = [this](const Meter& meter, Clock::time_point now) { doctor_.reading(meter, now); };
    options.look = [this, sight = std::move(sight)](Clock::time_point now) {
        DoctorView view = sight();
        view.unix_ms = wall_clock_if_set();
        return doctor_.look(view, now);
    };
    options.unix_ms = wall_clock_if_set;
    return options;
}

void ServiceDoctor::add_findings(Snapshot& snapshot) const {
    snapshot.findings = book_.findings();
    snapshot.wall = book_.wall();
    snapshot.load_test = load_test_;
}

} // namespace gridbridge
