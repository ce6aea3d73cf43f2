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

std::vector<Finding> Doctor::look(const DoctorView& /*view*/, Clock::time_point /*now*/) {
    return {};
}

} // namespace gridbridge
