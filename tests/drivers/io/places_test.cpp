#include "drivers/io/places.hpp"

#include <gtest/gtest.h>

#include <random>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;

constexpr Clock::time_point start{};

TEST(Places, TheOneThatNeverAskedGoesFirst) {
    Places places({3, 3});
    const auto gx = places.enter("10.0.0.1", false, start).id;
    const auto idle = places.enter("10.0.0.2", false, start + 1s).id;
    const auto later = places.enter("10.0.0.3", false, start + 2s).id;
    places.served(gx, start + 3s);
    const auto fourth = places.enter("10.0.0.4", false, start + 100s);
    EXPECT_EQ(fourth.leaves, idle) << "not the one that asked, long ago";
    EXPECT_EQ(places.enter("10.0.0.5", false, start + 101s).leaves, later);
    EXPECT_EQ(places.taken(), 3U);
}

TEST(Places, ThenTheOneThatIsSilentForLongest) {
    Places places({3, 3});
    const auto first = places.enter("10.0.0.1", false, start).id;
    const auto second = places.enter("10.0.0.2", false, start).id;
    const auto third = places.enter("10.0.0.3", false, start).id;
    places.served(first, start);
    places.served(third, start + 1s);
    places.served(second, start + 2s);
    places.served(first, start + 20s);
    EXPECT_EQ(places.enter("10.0.0.4", false, start + 20s).leaves, third);
}

TEST(Places, BusyClientsOfOneAddressMakeRoomAmongThemselves) {
    Places places({4, 4});
    const auto gx = places.enter("10.0.0.1", false, start).id;
    places.served(gx, start);
    const auto other = places.enter("10.0.0.2", false, start).id;
    const auto one = places.enter("10.0.0.3", false, start).id;
    const auto two = places.enter("10.0.0.3", false, start).id;
    places.served(other, start + 1s);
    places.served(one, start + 3s);
    places.served(two, start + 2s);
    EXPECT_EQ(places.enter("10.0.0.4", false, start + 4s).leaves, two);
}

TEST(Places, WhoWasServedFirstStaysWhileItAsks) {
    Places places({2, 2});
    const auto gx = places.enter("127.0.0.1", true, start).id;
    places.served(gx, start);
    auto now = start;
    for (int i = 0; i < 1000; ++i) {
        now += 50ms;
        const auto flood = places.enter("127.0.0.1", true, now);
        EXPECT_NE(flood.leaves, gx);
        places.served(flood.id, now);
        if (i % 100 == 0) {
            places.served(gx, now); // less often than all others
        }
    }
    const auto last = places.enter("10.0.0.1", false, now + Places::keeping);
    EXPECT_EQ(last.leaves, gx) << "silent for too long";
}

TEST(Places, TheAddressServedFirstGetsItsPlaceBack) {
    Places places({2, 2});
    const auto gx = places.enter("10.0.0.1", false, start).id;
    places.served(gx, start);
    const auto other = places.enter("10.0.0.2", false, start).id;
    places.served(other, start + 1s);
    places.left(gx);
    const auto again = places.enter("10.0.0.1", false, start + 2s).id;
    places.served(again, start + 2s);
    const auto third = places.enter("10.0.0.3", false, start + 20s);
    EXPECT_EQ(third.leaves, other);
    places.served(third.id, start + 20s);
    EXPECT_EQ(places.enter("10.0.0.4", false, start + 21s).leaves, third.id) << "the first is kept again";
}

TEST(Places, AFreedKeepingGoesToWhoIsServedNext) {
    Places places({2, 2});
    const auto gx = places.enter("10.0.0.1", false, start).id;
    places.served(gx, start);
    const auto other = places.enter("10.0.0.2", false, start).id;
    places.served(other, start + Places::keeping);
    EXPECT_EQ(places.enter("10.0.0.3", false, start + Places::keeping + 30s).leaves, gx);
}

TEST(Places, AnAddressHasItsLimitUnlessItSpeaksForMany) {
    Places places({10, 2});
    const auto first = places.enter("10.0.0.1", false, start).id;
    EXPECT_EQ(places.enter("10.0.0.1", false, start + 1s).leaves, std::nullopt);
    EXPECT_EQ(places.enter("10.0.0.1", false, start + 2s).leaves, first);
    for (int i = 0; i < 5; ++i) {
        EXPECT_EQ(places.enter("127.0.0.1", true, start + 3s).leaves, std::nullopt);
    }
    EXPECT_EQ(places.taken(), 7U);
}

TEST(Places, AreNeverMoreThanTheirLimits) {
    std::mt19937 random(7);
    Places places({8, 3});
    std::vector<Places::Id> ids;
    std::size_t most = 0;
    auto now = start;
    for (int i = 0; i < 20000; ++i) {
        now += std::chrono::milliseconds(random() % 3000);
        const std::string address = "10.0.0." + std::to_string(random() % 6);
        if (ids.empty() || random() % 3 == 0) {
            const auto entry = places.enter(address, address == "10.0.0.0", now);
            if (entry.leaves) {
                EXPECT_EQ(std::erase(ids, *entry.leaves), 1U) << "one that was there";
            }
            ids.push_back(entry.id);
        } else if (random() % 2 == 0) {
            places.served(ids[random() % ids.size()], now);
        } else {
            const auto gone = ids.begin() + static_cast<std::ptrdiff_t>(random() % ids.size());
            places.left(*gone);
            ids.erase(gone);
        }
        most = std::max(most, places.taken());
        ASSERT_EQ(places.taken(), ids.size());
    }
    EXPECT_EQ(most, 8U);
}

TEST(Place, OfAllServersTogetherAreCounted) {
    const auto places = std::make_shared<Places>(Places::Limits{});
    const auto others = std::make_shared<Places>(Places::Limits{});
    const std::size_t before = Place::in_all();
    {
        Place one(places, places->enter("192.0.2.1", false, {}).id);
        const Place moved(std::move(one));
        const Place other(others, others->enter("192.0.2.1", false, {}).id);
        EXPECT_EQ(Place::in_all(), before + 2);
    }
    EXPECT_EQ(Place::in_all(), before);
}

} // namespace
} // namespace gridbridge
