// What is answered to a Start and a Stop in every state of the meter, and what is written.
#include "tests/drivers/modbus/signing/transaction_world.hpp"

#include <gtest/gtest.h>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;
using enum TransactionReason;
using Words = OcmfMeter::Words;

std::vector<std::uint16_t> written_addresses(const TransactionWorld& world) {
    std::vector<std::uint16_t> addresses;
    for (const auto& [address, words] : world.meter.writes) {
        if (address != 0x7031 && address != 0x7032) {
            addresses.push_back(address);
        }
    }
    return addresses;
}

TEST(Transaction, GoesFromStartToRecord) {
    TransactionWorld world;
    ASSERT_TRUE(settle(world));
    EXPECT_EQ(world.keys.size(), 1U);
    EXPECT_EQ(world.keys[0].raw.size(), 130U);
    EXPECT_EQ(world.keys[0].raw.substr(0, 4), "0411");
    EXPECT_EQ(world.keys[0].der.size(), 184U);
    EXPECT_EQ(world.keys[0].der.substr(0, 4), "305A");

    EXPECT_EQ(world.request(start_of(first_id)), (TransactionResult{first_id, None, false, "", false}));
    EXPECT_EQ(world.states,
              (std::vector{TransactionState::Idle, TransactionState::Starting, TransactionState::Running}));
    EXPECT_EQ(written_addresses(world), (std::vector<std::uint16_t>{0x7000, 0x7001, 0x7002, 0x7006, 0x7007,
                                                                    0x701B, 0x701C, 0x6900, 0x7036, 0x7040}));
    EXPECT_EQ(world.meter.memory(0x7000), 1);
    EXPECT_EQ(world.meter.memory(0x7001), 3);
    EXPECT_EQ(world.meter.memory(0x7002), 2);
    EXPECT_EQ(world.meter.memory(0x7003), 3);
    EXPECT_EQ(world.meter.memory(0x7004), 0);
    EXPECT_EQ(world.meter.memory(0x7006), 10);
    EXPECT_EQ(world.meter.text_at(0x7007, 20), "04A1B2C3D4E5F6");
    EXPECT_EQ(world.meter.text_at(0x701C, 20), "DE*ABC*E1234");
    EXPECT_EQ(world.meter.text_at(0x6900, 126), "0,49 EUR/kWh<=>" + std::string(first_id));

    world.states.clear();
    const TransactionResult stopped = world.request(StopTransaction{first_id});
    EXPECT_EQ(stopped.reason, None);
    EXPECT_EQ(stopped.transaction_id, first_id);
    EXPECT_TRUE(stopped.is_stop);
    world.run_for(1s);
    EXPECT_EQ(world.states, (std::vector{TransactionState::Stopping, TransactionState::Idle}));
    ASSERT_EQ(world.records.size(), 1U);
    EXPECT_EQ(world.records[0],
              (TransactionRecord{"KZ0910218004F", first_id, world.meter.record, world.keys[0]}));
    EXPECT_EQ(world.meter.state(), 0);
    EXPECT_GT(world.meter.record.size(), 500U) << "several reads";

    EXPECT_EQ(world.request(StopTransaction{first_id}).reason, AlreadyClosed);
    EXPECT_EQ(world.request(start_of(first_id)).reason, AlreadyClosed);
    EXPECT_EQ(world.request(start_of(second_id)).reason, None);
    EXPECT_EQ(world.meter.begun, 2);
}

TEST(Transaction, TheEventsOfAStopComeInOrder) {
    TransactionWorld world;
    world.request(start_of(first_id));
    world.events.clear();
    world.request(StopTransaction{first_id});
    world.run_for(1s);
    std::erase_if(world.events, [](const TransactionEvent& event) { // comes when there is time
        return std::holds_alternative<SignedValue>(event) || std::holds_alternative<SigningStatus>(event);
    });
    ASSERT_EQ(world.events.size(), 5U);
    EXPECT_EQ(world.events[0], TransactionEvent(TransactionState::Stopping));
    EXPECT_TRUE(std::holds_alternative<TransactionRecord>(world.events[1]));
    EXPECT_TRUE(std::holds_alternative<TransactionResult>(world.events[2]));
    EXPECT_EQ(world.events[3], TransactionEvent(TransactionState::Idle));
    EXPECT_EQ(world.events[4], TransactionEvent(RunningTransaction{}));
}

TEST(Transaction, OnlyOneRunsAtATime) {
    TransactionWorld world;
    EXPECT_EQ(world.request(StopTransaction{first_id}).reason, UnknownTransaction);
    EXPECT_EQ(world.request(start_of(first_id)).reason, None);
    EXPECT_EQ(world.request(start_of(first_id)).reason, None) << "it is running";
    EXPECT_EQ(world.request(start_of(second_id)).reason, AlreadyRunning);
    EXPECT_EQ(world.request(StopTransaction{second_id}).reason, UnknownTransaction);
    EXPECT_EQ(world.meter.begun, 1);
    EXPECT_EQ(world.meter.ended, 0);
}

TEST(Transaction, ARunningOneIsFoundAfterARestart) {
    TransactionWorld world;
    leave_running(world.meter, "x<=>y<=>" + std::string(first_id));
    ASSERT_TRUE(settle(world));
    EXPECT_EQ(world.state, TransactionState::Running);
    EXPECT_EQ(world.request(start_of(first_id)).reason, None);
    EXPECT_EQ(world.meter.begun, 0);
    EXPECT_EQ(world.request(StopTransaction{first_id}).reason, None);
    EXPECT_TRUE(world.store.contains(first_id));
}

TEST(Transaction, ARunningOneWithoutAnIdIsLeftAlone) {
    TransactionWorld world;
    leave_running(world.meter, "no id here");
    EXPECT_EQ(world.request(start_of(first_id)).reason, AlreadyRunning);
    EXPECT_EQ(world.request(StopTransaction{first_id}).reason, UnknownTransaction);
    EXPECT_EQ(world.meter.ended, 0);
}

TEST(Transaction, AMeterThatDoesNotSignAnswersNotSupported) {
    for (const bool by_exception : {false, true}) {
        TransactionWorld world({.signature_type = 2});
        world.line = [&](std::size_t, const RegisterRequest& request) {
            return by_exception ? RegisterAnswer{RegisterAnswer::Kind::Refused, 2, {}}
                                : world.carry_out(request);
        };
        EXPECT_EQ(world.request(start_of(first_id)).reason, NotSupported);
        EXPECT_EQ(world.request(StopTransaction{first_id}).reason, NotSupported);
        EXPECT_EQ(world.sent.size(), 1U);
        EXPECT_TRUE(world.meter.writes.empty());
    }
    TransactionOptions none;
    none.supported = false;
    TransactionWorld other({}, none);
    EXPECT_EQ(other.request(start_of(first_id)).reason, NotSupported);
    EXPECT_TRUE(other.sent.empty());
}

TEST(Transaction, WhatTheMeterCannotTakeIsInvalid) {
    TransactionWorld world;
    StartTransaction start = start_of(std::string(37, 'x'));
    EXPECT_EQ(world.request(start).reason, Invalid);
    start = start_of(first_id);
    start.evse_id = std::string(40, 'x');
    EXPECT_EQ(world.request(start).reason, Invalid);
    start = start_of(first_id);
    start.tariff_text = "a|b";
    EXPECT_EQ(world.request(start).reason, Invalid);
    EXPECT_TRUE(written_addresses(world).empty());
    world.meter.behaviour().refuses_register = 0x7006;
    const TransactionResult refused = world.request(start_of(first_id));
    EXPECT_EQ(refused.reason, Invalid);
    EXPECT_NE(refused.detail.find("exception 3"), std::string::npos) << refused.detail;
    EXPECT_TRUE(world.until([&] { return world.state == TransactionState::Idle; }));
    world.meter.behaviour().refuses_register = 0x7040;
    EXPECT_EQ(world.request(start_of(first_id)).reason, Invalid);
    EXPECT_EQ(world.meter.begun, 0);
}

TEST(Transaction, ALongTariffIsShortenedAndTheIdKept) {
    TransactionWorld world;
    StartTransaction start = start_of(first_id);
    start.tariff_text = std::string(210, 'a') + "\u20AC" + std::string(100, 'b'); // the sign would be cut
    EXPECT_EQ(world.request(start), (TransactionResult{first_id, None, true, "", false}));
    EXPECT_EQ(world.meter.text_at(0x6900, 126), std::string(210, 'a') + "<=>" + first_id);
    start = start_of(second_id);
    start.tariff_text = std::string(211, 'c');
    world.request(StopTransaction{first_id});
    EXPECT_EQ(world.request(start), (TransactionResult{second_id, None, false, "", false}));
    EXPECT_EQ(world.meter.text_at(0x6900, 126).size(), 250U);
    EXPECT_EQ(world.request(StopTransaction{second_id}).reason, None);
}

TEST(Transaction, ARequestWaitsForTheMeterWithinItsTime) {
    TransactionWorld world;
    ASSERT_TRUE(settle(world));
    world.unplug();
    world.ask(start_of(first_id));
    world.run_for(25s);
    EXPECT_TRUE(world.results.empty());
    world.plug();
    ASSERT_TRUE(world.until([&] { return world.results.size() == 1; }));
    EXPECT_EQ(world.results[0].reason, None);
    world.unplug();
    EXPECT_TRUE(world.until([&] { return world.state == TransactionState::Error; }));
    world.ask(StopTransaction{first_id});
    world.run_for(31s);
    ASSERT_EQ(world.results.size(), 2U);
    EXPECT_EQ(world.results[1].reason, Timeout);
    world.plug();
    EXPECT_TRUE(world.until([&] { return world.state == TransactionState::Running; })) << "it heals";
    EXPECT_EQ(world.meter.ended, 0) << "nobody waits for it any more";
}

TEST(Transaction, AStartWithoutAnAnswerInTimeIsDropped) {
    TransactionWorld world;
    ASSERT_TRUE(settle(world));
    world.line = [&](std::size_t, const RegisterRequest& request) {
        return request.address == 0x7006_reg ? RegisterAnswer{} : world.carry_out(request);
    };
    EXPECT_EQ(world.request(start_of(first_id)).reason, Timeout);
    world.line = nullptr;
    world.run_for(60s);
    EXPECT_EQ(world.meter.begun, 0);
    EXPECT_EQ(world.state, TransactionState::Idle);
}

TEST(Transaction, TheFateOfAStartWhoseCommandWasSentIsReadBack) {
    TransactionWorld world;
    ASSERT_TRUE(settle(world));
    bool is_cut = false;
    world.line = [&](std::size_t, const RegisterRequest& request) {
        const auto answer = is_cut ? RegisterAnswer{} : world.carry_out(request);
        is_cut = is_cut || request.address == ocmf::command;
        return is_cut ? RegisterAnswer{} : answer;
    };
    EXPECT_EQ(world.request(start_of(first_id)).reason, Timeout);
    EXPECT_EQ(world.state, TransactionState::Error);
    world.line = nullptr;
    ASSERT_TRUE(world.until([&] { return world.state == TransactionState::Running; }));
    EXPECT_EQ(world.meter.begun, 1);
    EXPECT_EQ(world.request(StopTransaction{first_id}).reason, None);
}

TEST(Transaction, AMeterThatTakesLongForItsRecordIsWaitedFor) {
    TransactionWorld world;
    world.request(start_of(first_id));
    world.meter.behaviour().busy = 11s;
    world.meter.behaviour().busy_state = 0;
    EXPECT_EQ(world.request(StopTransaction{first_id}).reason, Timeout);
    EXPECT_EQ(world.state, TransactionState::Stopping);
    EXPECT_EQ(world.request(start_of(second_id)).reason, AlreadyRunning);
    ASSERT_TRUE(world.until([&] { return world.store.contains(first_id) && world.meter.state() == 0; }));
    EXPECT_EQ(world.meter.ended, 1);
    EXPECT_EQ(world.results_of(first_id).size(), 2U) << "one answer to each";
}

TEST(Transaction, PowerLossClosesWhatWasRunning) {
    TransactionWorld world;
    world.request(start_of(first_id));
    world.meter.power_cut(); // too short to be noticed as a loss
    ASSERT_TRUE(world.until([&] { return world.store.contains(first_id) && world.meter.state() == 0; }, 60s));
    EXPECT_EQ(world.request(StopTransaction{first_id}).reason, AlreadyClosed);
}

TEST(Transaction, AFullDeskIsWaitedFor) {
    TransactionWorld world;
    world.request(start_of(first_id));
    while (world.desk->tell({1, 0}, TransactionState::Idle)) {
    }
    world.ask(StopTransaction{first_id});
    const std::size_t sent = world.sent.size();
    for (int i = 0; i < 50; ++i) { // the publisher sleeps
        if (const auto request = world.machine->next(world.now)) {
            world.sent.push_back(*request);
            world.machine->answered(world.carry_out(*request), world.now);
        }
        world.advance(20ms);
    }
    EXPECT_LT(world.sent.size(), sent + 5);
    EXPECT_EQ(world.meter.confirmed, 0);
    ASSERT_TRUE(world.until([&] { return world.store.contains(first_id) && world.meter.state() == 0; }));
}

} // namespace
} // namespace gridbridge
