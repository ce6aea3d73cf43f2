#include "drivers/io/resolve.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <thread>

namespace gridbridge::test {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr auto patience = 60s;

// A name service that hangs until it is told to answer. Shared with the threads that ask it.
class NameService {
  public:
    std::vector<std::string> look_up(const std::string& host) {
        std::unique_lock lock(mutex_);
        ++asked_[host];
        changed_.notify_all();
        changed_.wait(lock, [this] { return answering_; });
        return {"address of " + host};
    }
    void answer() {
        const std::lock_guard lock(mutex_);
        answering_ = true;
        changed_.notify_all();
    }
    bool wait_for_questions(std::size_t count) {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, patience, [&] { return total() >= count; });
    }
    std::map<std::string, int> asked() {
        const std::lock_guard lock(mutex_);
        return asked_;
    }

  private:
    std::size_t total() const {
        std::size_t sum = 0;
        for (const auto& [host, count] : asked_) {
            sum += static_cast<std::size_t>(count);
        }
        return sum;
    }

    std::mutex mutex_;
    std::condition_variable changed_;
    std::map<std::string, int> asked_;
    bool answering_ = false;
};

class LookupsTest : public testing::Test {
  protected:
    ~LookupsTest() override { service->answer(); }

    // Given up at once: the lookup goes on.
    void begin(const std::string& host) const { lookups.find(host, Clock::now(), {}); }
    bool wait_until_none_runs() const {
        const auto deadline = Clock::now() + patience;
        while (lookups.running() > 0 && Clock::now() < deadline) {
            std::this_thread::yield();
        }
        return lookups.running() == 0;
    }

    std::shared_ptr<NameService> service = std::make_shared<NameService>();
    Lookups lookups{[asked = service](const std::string& host) { return asked->look_up(host); }};
};

TEST_F(LookupsTest, WhoeverWantsANameThatIsLookedUpWaitsForThatLookup) {
    begin("meter");
    ASSERT_TRUE(service->wait_for_questions(1));
    std::vector<std::vector<std::string>> answers(3);
    {
        std::vector<std::jthread> callers;
        for (auto& answer : answers) {
            callers.emplace_back([&] { answer = lookups.find("meter", Clock::now() + patience, {}); });
        }
        EXPECT_EQ(lookups.running(), 1U);
        service->answer();
    }
    for (const auto& answer : answers) {
        EXPECT_THAT(answer, ElementsAre("address of meter"));
    }
}

TEST_F(LookupsTest, AtMostEightRunAndTheNextFindsRoom) {
    for (int i = 0; i < 12; ++i) {
        begin("host" + std::to_string(i));
    }
    ASSERT_TRUE(service->wait_for_questions(Lookups::max_running));
    begin("host0");
    EXPECT_EQ(lookups.running(), Lookups::max_running);
    EXPECT_EQ(service->asked().size(), Lookups::max_running);
    std::vector<std::string> answer;
    {
        const std::jthread caller([&] { answer = lookups.find("one more", Clock::now() + patience, {}); });
        service->answer();
    }
    EXPECT_THAT(answer, ElementsAre("address of one more"));
    EXPECT_TRUE(wait_until_none_runs());
    EXPECT_EQ(service->asked().at("host0"), 1) << "the second caller did not ask again";
}

TEST_F(LookupsTest, AnEndedLookupIsNotRemembered) {
    service->answer();
    EXPECT_THAT(lookups.find("meter", Clock::now() + patience, {}), ElementsAre("address of meter"));
    ASSERT_TRUE(wait_until_none_runs());
    EXPECT_THAT(lookups.find("meter", Clock::now() + patience, {}), ElementsAre("address of meter"));
    EXPECT_EQ(service->asked().at("meter"), 2);
}

TEST_F(LookupsTest, AStopRequestEndsTheWait) {
    std::stop_source stop;
    std::vector<std::string> answer{"none yet"};
    std::jthread caller([&] { answer = lookups.find("meter", Clock::now() + patience, stop.get_token()); });
    ASSERT_TRUE(service->wait_for_questions(1));
    stop.request_stop();
    caller.join();
    EXPECT_THAT(answer, IsEmpty());
}

// The first question got lost, the second is heard.
TEST(Lookups, ALateAnswerIsAskedForOnceMore) {
    const auto lost = std::make_shared<NameService>();
    const Lookups lookups([lost](const std::string& host) { return lost->look_up(host); },
                          [](const std::string& host) { return std::vector{"again " + host}; });
    EXPECT_THAT(lookups.find("meter", Clock::now() + patience, {}), ElementsAre("again meter"));
    EXPECT_EQ(lookups.running(), 1U) << "the first goes on";
    lost->answer();
}

TEST(Lookups, FindingNothingAgainWaitsForTheFirst) {
    const auto late = std::make_shared<NameService>();
    const Lookups lookups([late](const std::string& host) { return late->look_up(host); },
                          [late](const std::string&) {
                              late->answer();
                              return std::vector<std::string>();
                          });
    EXPECT_THAT(lookups.find("meter", Clock::now() + patience, {}), ElementsAre("address of meter"));
}

TEST(Lookups, ALookupOutlivesThem) {
    const auto service = std::make_shared<NameService>();
    {
        const Lookups lookups([service](const std::string& host) { return service->look_up(host); });
        EXPECT_THAT(lookups.find("meter", Clock::now(), {}), IsEmpty());
        ASSERT_TRUE(service->wait_for_questions(1));
    }
    const std::weak_ptr<NameService> held = service;
    service->answer();
    EXPECT_EQ(service->asked().at("meter"), 1);
}

TEST(ResolveHost, NumericAddressesNeedNoNameService) {
    EXPECT_THAT(resolve_host("192.0.2.7", Clock::now(), {}), ElementsAre("192.0.2.7"));
    EXPECT_THAT(resolve_host("::1", Clock::now(), {}), ElementsAre("::1"));
}

} // namespace
} // namespace gridbridge::test
