// What the doctor says of the service itself, and when.
#include "mqtt/doctor/doctor.hpp"

#include <gmock/gmock.h>

#include <chrono>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr Clock::time_point start{100h};

DoctorView well() {
    DoctorView view;
    view.broker.connected = true;
    view.broker.server = "mqtt://127.0.0.1:1883";
    view.unix_ms = 1'780'000'000'000;
    return view;
}

std::vector<FindingCode> codes(const std::vector<Finding>& findings) {
    std::vector<FindingCode> all;
    for (const Finding& finding : findings) {
        all.push_back(finding.code);
    }
    return all;
}

TEST(Doctor, OfAServiceThatIsWellSaysNothing) {
    Doctor doctor({});
    EXPECT_THAT(doctor.look(well(), start), IsEmpty());
}

TEST(Doctor, ABrokerThatIsAwayForAMomentIsNothingToTell) {
    Doctor doctor({});
    DoctorView view = well();
    view.broker.connected = false;
    view.broker.last_error = "connection refused";
    EXPECT_THAT(doctor.look(view, start), IsEmpty()) << "it connects now";
    const auto told = doctor.look(view, start + 10s);
    ASSERT_THAT(codes(told), ElementsAre(FindingCode::BrokerUnreachable));
    EXPECT_EQ(told.front().text, "mqtt://127.0.0.1:1883: connection refused");
    view.broker.last_error = "cannot connect to mqtt://127.0.0.1:1883: refused";
    EXPECT_EQ(doctor.look(view, start + 11s).front().text, view.broker.last_error) << "named once";
    EXPECT_THAT(doctor.look(well(), start + 20s), IsEmpty());
    EXPECT_THAT(doctor.look(view, start + 30s), IsEmpty()) << "it begins anew";
}

TEST(Doctor, AConnectionThatEndsAgainAndAgainMayHaveTwoOwners) {
    Doctor doctor({});
    DoctorView view = well();
    for (unsigned i = 0; i < 5; ++i) {
        view.broker.reconnects = i;
        EXPECT_THAT(doctor.look(view, start + i * 10s), IsEmpty()) << i;
    }
    view.broker.reconnects = 5;
    const auto told = doctor.look(view, start + 50s);
    ASSERT_THAT(codes(told), ElementsAre(FindingCode::OtherService));
    EXPECT_EQ(told.front().severity, Severity::Warning);
    EXPECT_EQ(told.front().evidence, "reconnected 5 times since the start");
    EXPECT_THAT(doctor.look(view, start + 12min), IsEmpty());
}

TEST(Doctor, EachRemarkHasTheFixThatBelongsToIt) {
    Doctor doctor({});
    DoctorView view = well();
    view.leftovers = {"R/p/x is retained"};
    view.certificates = {"sink mqtt: the certificate /c.crt ends on 2026-12-24"};
    view.sinks_away = {"sink influx: cannot connect to store"};
    EXPECT_THAT(codes(doctor.look(view, start)),
                ElementsAre(FindingCode::OwnCertificate, FindingCode::Leftovers))
        << "a sink may reconnect";
    EXPECT_THAT(codes(doctor.look(view, start + 2min)),
                ElementsAre(FindingCode::SinkAway, FindingCode::OwnCertificate, FindingCode::Leftovers));
}

TEST(Doctor, TheWorstComesFirst) {
    Doctor doctor({});
    DoctorView view = well();
    view.keepalive = 300s;
    view.unix_ms.reset();
    view.not_saved = {"settings.json: no space left on device"};
    EXPECT_THAT(codes(doctor.look(view, start)),
                ElementsAre(FindingCode::NotSaved, FindingCode::ClockUnset, FindingCode::KeepaliveLong));
}

// Of a house whose phase 2 has that many times the current of its fuse for two minutes.
std::vector<FindingCode> of_currents(DriverKind driver, double times) {
    Meter meter;
    meter.config.driver = driver;
    meter.config.fuse = 25;
    meter.info.serial = "House";
    meter.role = "grid";
    meter.life = MeterLife::Live;
    Doctor doctor({});
    doctor.follow(meter);
    auto now = start;
    for (; now < start + 2min; now += 1s) {
        meter.reading.received = now;
        meter.reading.set(Quantity::Power, 230 * 25 * times);
        meter.reading.set(Quantity::CurrentL2, 25 * times);
        meter.last_good = now;
        doctor.reading(meter, now);
    }
    auto told = codes(doctor.look(well(), now));
    std::erase_if(told, [](FindingCode code) {
        return code != FindingCode::FuseOverload && code != FindingCode::CtRatio;
    });
    return told;
}

TEST(Doctor, AFuseIsWatchedWhereverItsCurrentComesFrom) {
    for (const DriverKind driver : {DriverKind::CarloGavazzi, DriverKind::Combined, DriverKind::Standby}) {
        EXPECT_THAT(of_currents(driver, 1.0), IsEmpty());
        EXPECT_THAT(of_currents(driver, 1.2), ElementsAre(FindingCode::FuseOverload));
    }
    EXPECT_THAT(of_currents(DriverKind::CarloGavazzi, 2.5), ElementsAre(FindingCode::CtRatio));
    EXPECT_THAT(of_currents(DriverKind::Combined, 2.5), ElementsAre(FindingCode::FuseOverload))
        << "a formed meter has no transformers";
}

} // namespace
} // namespace gridbridge
