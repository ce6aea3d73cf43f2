// What is read and told beside the transactions themselves.
#include "drivers/modbus/signing/side_reads.hpp"

#include "tests/drivers/modbus/signing/transaction_world.hpp"

#include <gtest/gtest.h>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;
using Occasion = SignedValue::Occasion;

constexpr SourceId source{0, 0};

template <typename Event>
std::vector<Event> told(const TransactionWorld& world) {
    std::vector<Event> found;
    for (const TransactionEvent& event : world.events) {
        if (const auto* const one = std::get_if<Event>(&event)) {
            found.push_back(*one);
        }
    }
    return found;
}

TEST(SideReads, TheMeterSaysWhatItIsAtTheStartAndEveryMinute) {
    TransactionWorld world;
    world.meter.write(0x7045, {7});
    world.meter.write(0x7059, ocmf::encode_text("T41"));
    world.meter.write(0x7060, {2});
    world.meter.write(0x6F00, {1});
    world.run_for(10s);
    EXPECT_EQ(told<SigningStatus>(world), (std::vector{SigningStatus{7, 2, 1, "T41"}}));
    world.meter.write(0x7060, {3});
    world.run_for(70s);
    EXPECT_EQ(told<SigningStatus>(world).size(), 2U);
    EXPECT_EQ(told<SigningStatus>(world).back().clock_status, 3);
}

TEST(SideReads, AMeterThatRefusesThemIsNoneTheWorse) {
    TransactionWorld world;
    world.line = [&](std::size_t, const RegisterRequest& request) {
        const auto address = number_of(request.address);
        const bool is_side =
            address == 0x0800 || address == 0x7059 || (address >= 0x7045 && address < 0x7059);
        return is_side             ? RegisterAnswer{RegisterAnswer::Kind::Refused, 2, {}}
               : address == 0x7060 ? RegisterAnswer{RegisterAnswer::Kind::Lost, 0, {}}
                                   : world.carry_out(request);
    };
    world.run_for(20s);
    EXPECT_EQ(told<SigningStatus>(world), (std::vector{SigningStatus{{}, {}, 0, {}}}));
    EXPECT_EQ(world.request(start_of(first_id)).reason, TransactionReason::None);
    EXPECT_EQ(world.request(StopTransaction{first_id}).reason, TransactionReason::None);
    EXPECT_TRUE(world.messages.empty()) << world.messages.front();
    world.run_for(5s);
    for (const SignedValue& value : told<SignedValue>(world)) {
        EXPECT_EQ(value.data, "");
    }
}

TEST(SideReads, SignedValuesAtStartAndEndAndOnRequest) {
    for (const std::uint16_t type : {std::uint16_t{0}, std::uint16_t{1}}) {
        OcmfMeter::Behaviour behaviour;
        behaviour.signature_type = type;
        TransactionWorld world(behaviour);
        world.run_for(5s);
        EXPECT_TRUE(told<SignedValue>(world).empty());
        world.request(start_of(first_id));
        world.run_for(2s);
        ASSERT_EQ(told<SignedValue>(world).size(), 1U);
        SignedValue value = told<SignedValue>(world).front();
        EXPECT_EQ(value.occasion, Occasion::Start);
        EXPECT_EQ(value.transaction_id, first_id);
        EXPECT_EQ(value.data.size(), 4 * 61U);
        EXPECT_EQ(value.data.substr(0, 8), "20002001");
        EXPECT_EQ(value.signature.size(), type == 0 ? 4 * 32U : 4 * 48U);
        EXPECT_EQ(value.signature.substr(0, 8), "003D003E");
        EXPECT_EQ(value.key, world.keys.at(0).raw);
        world.desk->ask_value(source);
        world.desk->ask_value(source);
        world.run_for(2s);
        ASSERT_EQ(told<SignedValue>(world).size(), 2U);
        EXPECT_EQ(told<SignedValue>(world).back().occasion, Occasion::Request);
        EXPECT_EQ(told<SignedValue>(world).back().transaction_id, first_id);
        world.request(StopTransaction{first_id});
        world.run_for(2s);
        ASSERT_EQ(told<SignedValue>(world).size(), 3U);
        EXPECT_EQ(told<SignedValue>(world).back().occasion, Occasion::End);
        EXPECT_EQ(told<SignedValue>(world).back().transaction_id, first_id);
        EXPECT_EQ(world.records.size(), 1U);
    }
}

TEST(SideReads, AMeterThatIsAwayGivesNoValue) {
    TransactionWorld world;
    world.run_for(5s);
    world.unplug();
    world.desk->ask_value(source);
    world.run_for(1s);
    ASSERT_EQ(told<SignedValue>(world).size(), 1U);
    EXPECT_EQ(told<SignedValue>(world).front().data, "");
}

TEST(SideReads, WhatRunsIsToldUntilItsRecordIsThere) {
    TransactionWorld world;
    world.run_for(3s);
    world.request(start_of(first_id));
    world.run_for(1s);
    using Running = RunningTransaction;
    EXPECT_EQ(told<Running>(world), (std::vector<Running>{{{}}, {first_id}}));
    world.unplug();
    world.run_for(1s);
    EXPECT_EQ(told<Running>(world).size(), 2U) << "it may go on";
    world.plug();
    world.meter.behaviour().busy = 3s;
    world.meter.behaviour().busy_state = 0;
    world.ask(StopTransaction{first_id});
    world.run_for(2s);
    EXPECT_EQ(told<Running>(world).size(), 2U);
    world.run_for(5s);
    EXPECT_EQ(told<Running>(world), (std::vector<Running>{{{}}, {first_id}, {{}}}));
}

TEST(SideReads, AStopHasTheReadingsOfItsRecord) {
    TransactionWorld world;
    EXPECT_EQ(world.request(start_of(first_id)).begin, RecordReading{});
    const TransactionResult stopped = world.request(StopTransaction{first_id});
    EXPECT_EQ(stopped.begin, (RecordReading{"2026-11-30T04:00:00,000+0000 S", "12.345", "kWh", "1-b:1.8.0"}));
    EXPECT_EQ(stopped.end, (RecordReading{"2026-11-30T05:00:00,000+0000 S", "13.5", "kWh", "1-b:1.8.0"}));
}

TEST(SideReads, AnEndThatNobodyCommandedIsTold) {
    for (const auto& [reason, cause] :
         {std::pair("P", "power_failure"), std::pair("A", "abort"), std::pair("E", "unknown")}) {
        TransactionWorld world;
        world.request(start_of(first_id));
        world.run_for(1s);
        world.meter.close(reason);
        world.run_for(10s);
        EXPECT_EQ(told<EndedByMeter>(world), (std::vector<EndedByMeter>{{first_id, cause}}));
        EXPECT_EQ(world.records.size(), 1U);
    }
    TransactionWorld commanded;
    commanded.request(start_of(first_id));
    commanded.request(StopTransaction{first_id});
    commanded.run_for(5s);
    EXPECT_TRUE(told<EndedByMeter>(commanded).empty());
}

// Who commanded the end before this program began is not known; what the meter says of it is.
TEST(SideReads, ARecordOfAnEarlierRunIsAnEventOnlyByWhatItSays) {
    for (const auto& [reason, events] : {std::pair("P", 1U), std::pair("E", 0U)}) {
        TransactionWorld world;
        leave_record(world.meter, "t<=>" + std::string(first_id), reason);
        world.run_for(10s);
        EXPECT_EQ(told<EndedByMeter>(world).size(), events) << reason;
    }
}

TEST(OcmfRegisters, ReadingsAreTakenFromTheListOnly) {
    const std::string record =
        R"(OCMF|{"ID":"RD [{TX","RD":[{"TM":"a","TX": "B","RV":1.20,"RU":"kWh","RI":"1-b:1.8.0"} ,{"RV":"x","TX":"P"}]}|{})";
    EXPECT_EQ(ocmf::begin_of_record(record), (RecordReading{"a", "1.20", "kWh", "1-b:1.8.0"}));
    EXPECT_EQ(ocmf::end_of_record(record), (RecordReading{"", "x", "", ""}));
    EXPECT_EQ(ocmf::end_reason(record), "P");
    for (const char* broken :
         {"", "OCMF|", R"(OCMF|{"RD":[}|{})", R"(OCMF|{"RD":[{"RV":)", R"(OCMF|{"RD":[]}|{})"}) {
        EXPECT_EQ(ocmf::begin_of_record(broken), RecordReading{}) << broken;
        EXPECT_EQ(ocmf::end_reason(broken), "") << broken;
    }
}

} // namespace
} // namespace gridbridge
