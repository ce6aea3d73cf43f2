// What is worth keeping of what was recorded, and how it is told.
#include "mqtt/status/incidents_outlet.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

struct IncidentWorld {
    IncidentWorld() {
        IncidentsOptions options;
        options.portal_id = "p";
        options.keep = [this](const std::string& meter, const std::string& cause, Clock::time_point) {
            kept.push_back(meter + " " + cause);
        };
        options.list = [this] { return "[" + std::to_string(changes) + "]"; };
        options.changes = [this] { return changes; };
        options.findings = [this] { return std::span<const Finding>(findings); };
        options.tick = [this](Clock::time_point) { ++ticks; };
        outlet = std::make_unique<IncidentsOutlet>(triggers, options);
    }
    Messages said() { return std::exchange(out, {}); }

    IncidentTriggers triggers;
    std::unique_ptr<IncidentsOutlet> outlet;
    std::vector<std::string> kept;
    std::vector<Finding> findings;
    std::uint64_t changes = 0;
    int ticks = 0;
    Messages out;
    Clock::time_point now = Clock::time_point(1h);
};

Meter meter_called(const std::string& serial, std::uint16_t number) {
    Meter meter;
    meter.source = {number, 0};
    meter.info.serial = serial;
    return meter;
}

TEST(Incidents, ALossIsKeptOnceAMinute) {
    IncidentWorld world;
    const Meter meter = meter_called("A", 0);
    world.outlet->lost(meter, world.now, world.out);
    world.outlet->lost(meter, world.now + 59s, world.out);
    EXPECT_THAT(world.kept, ElementsAre("A lost"));
    world.outlet->lost(meter, world.now + 60s, world.out);
    EXPECT_THAT(world.kept, ElementsAre("A lost", "A lost"));
}

TEST(Incidents, WhatIsLostTogetherIsKeptOnce) {
    IncidentWorld world;
    for (std::uint16_t i = 0; i < 64; ++i) {
        world.outlet->lost(meter_called(std::to_string(i), i), world.now + i * 10ms, world.out);
    }
    EXPECT_THAT(world.kept, ElementsAre("0 lost"));
    world.outlet->lost(meter_called("later", 70), world.now + 10s, world.out);
    EXPECT_THAT(world.kept, ElementsAre("0 lost", "later lost"));
}

TEST(Incidents, ACounterThatIsHeldBackIsKeptWhenThatBegins) {
    IncidentWorld world;
    Meter meter = meter_called("A", 0);
    world.outlet->reading(meter, world.now, world.out);
    EXPECT_THAT(world.kept, IsEmpty());
    meter.counters_held = true;
    for (int i = 0; i < 5; ++i) {
        world.outlet->reading(meter, world.now + i * 100s, world.out);
    }
    EXPECT_THAT(world.kept, ElementsAre("A energy held back"));
}

TEST(Incidents, AFindingOfSeverityErrorIsKeptOnceAsLongAsItIsThere) {
    IncidentWorld world;
    Finding warning = make_finding(FindingCode::BrokerDelay, "", "", "");
    warning.severity = Severity::Warning;
    Finding error = make_finding(FindingCode::PhaseLost, "B", "", "");
    error.severity = Severity::Error;
    world.findings = {warning, error};
    for (int i = 0; i < 5; ++i) {
        world.outlet->tick(world.now += 100s, world.out);
    }
    EXPECT_THAT(world.kept, ElementsAre("B phase_lost"));
    world.findings.clear();
    world.outlet->tick(world.now += 100s, world.out);
    world.findings = {error};
    world.outlet->tick(world.now += 100s, world.out);
    EXPECT_EQ(world.kept.size(), 2U);
}

TEST(Incidents, TheListIsSaidPerConnectionAndWhenItChanges) {
    IncidentWorld world;
    world.outlet->tick(world.now, world.out);
    EXPECT_THAT(world.said(), IsEmpty()) << "nobody is there";
    world.outlet->connected(world.now, world.out);
    const auto list = [](const char* text) { return Message{"gridbridge/p/incidents", text, true}; };
    EXPECT_THAT(world.said(), ElementsAre(list("[0]")));
    world.outlet->tick(world.now + 1s, world.out);
    EXPECT_THAT(world.said(), IsEmpty());
    world.changes = 7;
    world.outlet->tick(world.now + 2s, world.out);
    EXPECT_THAT(world.said(), ElementsAre(list("[7]")));
    world.outlet->connected(world.now + 3s, world.out);
    EXPECT_THAT(world.said(), ElementsAre(list("[7]")));
    world.outlet->leave(world.out);
    EXPECT_THAT(world.said(), ElementsAre(list("")));
}

} // namespace
} // namespace gridbridge
