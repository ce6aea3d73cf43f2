#include "drivers/modbus/signing/client_request.hpp"

#include "tests/drivers/modbus/signing/transaction_world.hpp"

#include <gtest/gtest.h>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;
using Begin = ClientRequest::Begin;

constexpr Clock::time_point now{1h};
constexpr auto ready = 10s;

TEST(ClientRequest, KnowsWhatItAsks) {
    const ClientRequest start(start_of(first_id), now);
    EXPECT_FALSE(start.is_stop());
    EXPECT_FALSE(start.is_stop_of(first_id));
    EXPECT_EQ(start.transaction_id(), first_id);
    const ClientRequest stop(StopTransaction{second_id}, now);
    EXPECT_TRUE(stop.is_stop_of(second_id));
    EXPECT_FALSE(stop.is_stop_of(first_id));
    EXPECT_EQ(stop.result(TransactionReason::Timeout, "why"),
              (TransactionResult{second_id, TransactionReason::Timeout, false, "why", true}));
    EXPECT_FALSE(stop.has_expired(now + 29s, 30s));
    EXPECT_TRUE(stop.has_expired(now + 30s, 30s));
}

TEST(ClientRequest, TellsOfAShortenedTariffOnlyWhenItWentWell) {
    StartTransaction start = start_of(first_id);
    start.tariff_text = std::string(212, 't');
    const ClientRequest request(start, now);
    EXPECT_TRUE(request.result(TransactionReason::None, {}).tariff_shortened);
    EXPECT_FALSE(request.result(TransactionReason::None, {}).evse_id_shortened);
    EXPECT_FALSE(request.result(TransactionReason::Invalid, {}).tariff_shortened);
}

TEST(ClientRequest, AnAnsweredCommandIsGivenMoreTimeThanALostOne) {
    ClientRequest request(start_of(first_id), now);
    EXPECT_EQ(request.begin_fate(now, ready), Begin::NotSent);
    request.begin_sent(now);
    EXPECT_TRUE(request.is_beginning());
    EXPECT_EQ(request.begin_fate(now + 1999ms, ready), Begin::Awaited);
    EXPECT_EQ(request.begin_fate(now + 2s, ready), Begin::Failed);
    request.begin_answered();
    EXPECT_EQ(request.begin_fate(now + 9s, ready), Begin::Awaited);
    EXPECT_EQ(request.begin_fate(now + 10s, ready), Begin::Failed);
    request.begin_failed();
    EXPECT_FALSE(request.is_beginning());
}

TEST(ClientRequest, OnlyTheFirstCommandCountsAsRefused) {
    ClientRequest request(start_of(first_id), now);
    request.set_looked_at(true);
    request.begin_sent(now);
    request.begin_refused(3);
    EXPECT_FALSE(request.is_looked_at());
    EXPECT_EQ(request.begin_fate(now, ready), Begin::Refused);
    EXPECT_EQ(request.exception(), 3);
    request.begin_sent(now);
    EXPECT_EQ(request.exception(), 0);
    request.begin_refused(4);
    EXPECT_EQ(request.begin_fate(now, ready), Begin::Awaited) << "the first one may have been taken";
}

TEST(ClientRequest, AnInterruptionForgetsLostWritesButNoCommand) {
    ClientRequest request(start_of(first_id), now);
    request.begin_sent(now);
    EXPECT_EQ(request.count_lost_write(), 1);
    EXPECT_EQ(request.count_lost_write(), 2);
    request.interrupted();
    EXPECT_EQ(request.count_lost_write(), 1);
    EXPECT_EQ(request.begin_fate(now, ready), Begin::Awaited);
}

} // namespace
} // namespace gridbridge
