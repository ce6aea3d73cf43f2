#include "mqtt/transactions/waiting_clients.hpp"

#include <gtest/gtest.h>

namespace gridbridge {
namespace {

const SourceId meter{1, 0};
const SourceId other{2, 0};

TEST(WaitingClients, AreAnsweredInTurnPerMeterRequestAndId) {
    WaitingClients clients;
    clients.add(meter, {"a", false, "first", "1"});
    clients.add(meter, {"a", false, "second", "2"});
    clients.add(meter, {"a", true, "stop", "3"});
    clients.add(other, {"a", false, "elsewhere", "4"});
    EXPECT_FALSE(clients.take(meter, "b", false).has_value());
    EXPECT_EQ(clients.take(meter, "a", false)->topic, "first");
    EXPECT_EQ(clients.take(meter, "a", true)->correlation, "3");
    EXPECT_EQ(clients.take(meter, "a", false)->topic, "second");
    EXPECT_FALSE(clients.take(meter, "a", false).has_value()) << "each is answered once";
    EXPECT_EQ(clients.take(other, "a", false)->topic, "elsewhere");
}

TEST(WaitingClients, ATopicOfOursOrWithWildcardsIsNotAnsweredOn) {
    WaitingClients clients;
    for (const std::string topic :
         {"", "a/#", "a/+/b", "N/p/grid/30/Ac/Power", "gridbridge/p/status", "$SYS/x"}) {
        clients.add(meter, {"a", false, topic, ""});
    }
    clients.add(meter, {"a", false, std::string("a\0b", 3), ""});
    clients.add(meter, {"a", false, std::string(1025, 'a'), ""});
    EXPECT_FALSE(clients.take(meter, "a", false).has_value());
}

TEST(WaitingClients, HaveABound) {
    WaitingClients clients;
    for (std::size_t i = 0; i < 3 * WaitingClients::max_per_meter; ++i) {
        clients.add(meter, {"a", false, "t", ""});
    }
    std::size_t answered = 0;
    while (clients.take(meter, "a", false)) {
        ++answered;
    }
    EXPECT_EQ(answered, WaitingClients::max_per_meter);
}

} // namespace
} // namespace gridbridge
