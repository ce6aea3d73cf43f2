// What clients ask, without the topics they ask it on.
#include "mqtt/bridge/client_writes.hpp"

#include "tests/fakes/log_book.hpp"
#include "tests/fakes/meters.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

class ClientWritesTest : public testing::Test {
  protected:
    ClientWritesTest() {
        MeterInfo info = em24_info();
        info.supports_multiphase = true;
        info.phases = 3;
        info.phase_config = 0;
        lives_.update(update_of(first, info, grid_reading(now_)), now_, out_);
    }
    static MeterLivesOptions options() {
        MeterLivesOptions options;
        options.meters.resize(1);
        return options;
    }
    void ask(std::optional<SourceId> meter, const std::string& path, WrittenValue value) {
        writes_.carry_out({meter, path, std::move(value)}, now_, out_);
    }
    const Meter& meter() { return lives_.meter(first); }

    static constexpr SourceId first{0, 0};
    const std::string device_ = "Devices/cgwacs_BX0120064003P/";
    Clock::time_point now_ = Clock::time_point{} + 1h;
    Messages out_;
    LogBook book_;
    Settings settings_;
    Orders orders_;
    OutletSet outlets_{{}, {}};
    KeptState kept_{settings_, outlets_, &orders_, {}};
    MeterLives lives_{options(), kept_, outlets_};
    ClientWrites writes_{settings_, kept_, lives_, &orders_, book_.log()};
};

TEST_F(ClientWritesTest, ANameIsKeptAndShown) {
    ask(first, "CustomName", std::string("Oven"));
    EXPECT_EQ(meter().name, "Oven");
    EXPECT_EQ(settings_.value(meter().device_id, "CustomName"), SettingValue("Oven"));
    ask(first, "CustomName", std::monostate());
    EXPECT_EQ(meter().name, "Oven") << "null is refused";
}

TEST_F(ClientWritesTest, ARoleMustBeAllowed) {
    ask(first, "Role", std::string("battery"));
    EXPECT_EQ(meter().role, "grid");
    ask(first, "Role", std::string("acload"));
    EXPECT_EQ(meter().role, "acload");
    ask(std::nullopt, device_ + "ClassAndVrmInstance", std::string("pvinverter:44"));
    EXPECT_EQ(meter().role, "pvinverter");
    EXPECT_EQ(meter().instance, 44);
}

TEST_F(ClientWritesTest, PhaseConfigurationsGoToTheDriverUntilItIsFull) {
    ask(first, "PhaseConfig", 5LL); // there is none
    ask(first, "PhaseConfig", 0LL); // it has it
    EXPECT_FALSE(orders_.take(first));
    ask(first, "PhaseConfig", 3LL);
    EXPECT_EQ(orders_.take(first), Order(SetPhaseConfig{3}));
    for (std::size_t i = 0; i <= Orders::max_waiting; ++i) {
        ask(first, "PhaseConfig", 2LL);
    }
    EXPECT_THAT(book_.text(), HasSubstr("PhaseConfig not written"));
}

TEST_F(ClientWritesTest, TheUseForOnePhaseIsTheDriversAtOnce) {
    ask(std::nullopt, device_ + "IsMultiphase", 0LL);
    ASSERT_TRUE(orders_.phase_mode(meter().device_id));
    EXPECT_FALSE(orders_.phase_mode(meter().device_id)->multiphase);
}

TEST_F(ClientWritesTest, WhatIsNotThereIsRefusedInSilence) {
    const std::string before = settings_.to_json();
    ask(SourceId{0, 3}, "CustomName", std::string("nobody"));
    ask(first, "Serial", std::string("x"));
    ask(std::nullopt, "Devices/none/CustomName", std::string("x"));
    ask(std::nullopt, device_ + "SupportMultiphase", 0LL);
    EXPECT_EQ(settings_.to_json(), before);
    EXPECT_EQ(book_.text(), "");
}

} // namespace
} // namespace gridbridge
