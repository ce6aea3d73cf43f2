// Which meters there are, and who shares a serial number.
#include "mqtt/bridge/meters_known.hpp"

#include "tests/fakes/meters.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

class Addresses final : public Outlet {
  public:
    explicit Addresses(std::vector<const Meter*>& added) : added_(added) {}
    void added(const Meter& meter) override { added_.push_back(&meter); }

  private:
    std::vector<const Meter*>& added_;
};

class MetersKnownTest : public testing::Test {
  protected:
    static std::vector<MeterConfig> configured() {
        std::vector<MeterConfig> meters(2);
        meters[0].name = "Grid";
        meters[0].role = "grid";
        meters[0].instance = 30;
        meters[0].fuse = 25;
        return meters;
    }
    static void is_meter(Meter& meter, const std::string& serial) {
        meter.device_id = "cgwacs_" + serial;
        meter.info.serial = serial;
    }

    std::vector<const Meter*> added_;
    OutletSet outlets_{{{"added", [this] { return std::make_unique<Addresses>(added_); }}}, {}};
    MetersKnown known_{configured(), outlets_};
};

TEST_F(MetersKnownTest, OutletsAreToldOfEachOnceAndItStaysWhereItIs) {
    const Meter* const behind = &known_.of({0, 3});
    for (std::uint16_t channel = 4; channel < 40; ++channel) {
        known_.of({1, channel});
    }
    EXPECT_EQ(&known_.of({0, 3}), behind);
    EXPECT_EQ(added_.size(), 39U);
    EXPECT_EQ(added_.at(2), behind);
    EXPECT_EQ(known_.all().at(1), behind) << "in the order of the sources";
}

TEST_F(MetersKnownTest, ADeviceBehindAMeterHasNoNameRoleOrInstanceOfItsMain) {
    const MeterConfig& config = known_.of({0, 3}).config;
    EXPECT_EQ(config.name, "");
    EXPECT_EQ(config.role, "");
    EXPECT_FALSE(config.instance);
    EXPECT_EQ(config.fuse, 25) << "it is on the same line";
    EXPECT_THROW(known_.of({2, 3}), std::out_of_range);
    EXPECT_EQ(known_.find(SourceId{2, 3}), nullptr);
}

TEST_F(MetersKnownTest, AllAreKnownWithoutThoseBehindThem) {
    is_meter(known_.of({0, 0}), "A");
    known_.of({0, 3});
    EXPECT_FALSE(known_.all_known());
    is_meter(known_.of({1, 0}), "B");
    EXPECT_TRUE(known_.all_known());
    EXPECT_EQ(known_.find("cgwacs_B"), &known_.of({1, 0}));
}

// Topics have one spelling for several serial numbers.
TEST_F(MetersKnownTest, ARivalIsWhoeverHasTheSameTopics) {
    is_meter(known_.of({0, 0}), "12/3");
    Meter& other = known_.of({1, 0});
    EXPECT_EQ(known_.rival_of({0, 0}, "12/3"), nullptr) << "not of itself";
    EXPECT_EQ(known_.rival_of({1, 0}, "12_3"), &known_.of({0, 0}));
    EXPECT_TRUE(known_.is_shared({1, 0}, "12_3"));
    other.info.serial = "12_3"; // it has said so, and is nobody
    EXPECT_EQ(known_.rival_of({0, 0}, "12/3"), nullptr);
    EXPECT_TRUE(known_.is_shared({0, 0}, "12/3"));
    EXPECT_FALSE(known_.is_shared({0, 0}, "124"));
}

TEST_F(MetersKnownTest, BytesOnALineAreASignOfLifeOfAllBehindIt) {
    const Clock::time_point now = Clock::time_point{} + 1h;
    known_.of({0, 3});
    known_.hear(0, now);
    known_.hear(0, now - 1s);
    std::vector<Clock::time_point> heard;
    for (const auto& [source, meter] : known_) {
        heard.push_back(meter.heard);
    }
    EXPECT_THAT(heard, ElementsAre(now, now, Clock::time_point{}));
}

} // namespace
} // namespace gridbridge
