#include "mqtt/doctor/doctor.hpp"

namespace gridbridge {

struct Doctor::Followed {
    const Meter* meter = nullptr;
};

Doctor::Doctor(DoctorOptions options) : options_(options) {}
Doctor::~Doctor() = default;

void Doctor::follow(const Meter& meter) {
    meters_[meter.source] = std::make_unique<Followed>(Followed{&meter});
}

void Doctor::reading(const Meter& /*meter*/, Clock::time_point /*now*/) {}

std::vector<Finding> Doctor::look(const DoctorView& /*view*/, Clock::time_point now) {
    std::vector<Finding> findings;
    for (const auto& [source, followed] : meters_) {
        const Meter& meter = *followed->meter;
        if (meter.life == MeterLife::Lost || (meter.life == MeterLife::Live && !is_fresh(meter, now))) {
            findings.push_back(make_finding(FindingCode::MeterLost, meter.info.serial,
                                            "The meter no longer answers.", meter.loss_reason));
        }
    }
    return findings;
}

} // namespace gridbridge
