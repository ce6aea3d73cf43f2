#include "mqtt/status/access_check.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

constexpr Clock::time_point start{1h};
const std::string values_probe = "N/p/gridbridge/0/Access";
const std::string writes_probe = "W/p/gridbridge/0/Access";
const std::string reads_probe = "R/p/gridbridge/0/Access";
const std::string own_probe = "gridbridge/p/meter/access/check";
const std::string discovery = "homeassistant/device/gridbridge_bridge_p/config";

class AccessCheckTest : public testing::Test {
  protected:
    explicit AccessCheckTest(bool is_always = true) {
        AccessCheckOptions options;
        options.branches = access_branches("p", is_always, {discovery, "{}"});
        options.ask = [this](std::vector<Message> messages) {
            ++questions_;
            asked_.clear();
            for (const Message& message : messages) {
                EXPECT_FALSE(message.retain);
                asked_.push_back(message.topic);
            }
        };
        options.answers = [this] { return std::exchange(answers_, std::nullopt); };
        options.report = [this](std::vector<std::string> problems, std::vector<std::string> remarks) {
            ++reports_;
            problems_ = std::move(problems);
            remarks_ = std::move(remarks);
        };
        check_.emplace(std::move(options));
    }
    std::vector<std::string> connect(Clock::time_point now = start) {
        Messages out;
        check_->connected(now, out);
        std::vector<std::string> topics;
        for (const Message& message : out) {
            EXPECT_FALSE(message.retain);
            topics.push_back(message.topic);
        }
        return topics;
    }
    void comes(const std::vector<std::string>& topics, Clock::time_point now = start) {
        Messages out;
        for (const std::string& topic : topics) {
            check_->request({topic, "x", false}, now, out);
        }
        EXPECT_THAT(out, IsEmpty());
    }
    void tick(Clock::time_point now) {
        Messages out;
        check_->tick(now, out);
        EXPECT_THAT(out, IsEmpty());
    }

    std::optional<AccessCheck> check_;
    std::vector<std::string> asked_, problems_, remarks_;
    int questions_ = 0, reports_ = 0;
    std::optional<AccessAnswers> answers_;
};

TEST_F(AccessCheckTest, IsContentWhenAllComesBack) {
    tick(start + 1h);
    EXPECT_EQ(questions_, 0) << "never connected";
    EXPECT_THAT(connect(), UnorderedElementsAre(reads_probe, writes_probe, own_probe))
        << "values and discovery are published anyway";
    comes({"N/p/heartbeat", reads_probe, writes_probe, own_probe, discovery});
    tick(start + 1h);
    EXPECT_EQ(questions_, 0);
    EXPECT_EQ(reports_, 0);
    EXPECT_THAT(check_->take_left_filters(), UnorderedElementsAre("N/p/heartbeat", own_probe, discovery))
        << "heartbeats need not come back for ever";
    EXPECT_THAT(check_->filters(), UnorderedElementsAre("N/p/heartbeat", own_probe, discovery));
}

TEST_F(AccessCheckTest, WhatMayNotBePublishedIsAProblemAndWhatMayNotBeReadARemark) {
    connect();
    comes({reads_probe, writes_probe, own_probe});
    EXPECT_EQ(check_->next_tick(start), start + 10s);
    tick(start + 9s);
    EXPECT_EQ(questions_, 0);
    tick(start + 10s);
    EXPECT_EQ(questions_, 1);
    EXPECT_THAT(asked_, UnorderedElementsAre(values_probe, discovery));
    tick(start + 11s);
    EXPECT_THAT(problems_, IsEmpty()) << "not answered yet";
    answers_ = AccessAnswers{{values_probe, false}, {discovery, true}};
    tick(start + 12s);
    EXPECT_THAT(problems_, ElementsAre(HasSubstr("does not pass on what we publish to N/#: allow our user to "
                                                 "write it")));
    EXPECT_THAT(remarks_, ElementsAre(HasSubstr("what we publish to homeassistant/# is passed on")));
    tick(start + 1h);
    EXPECT_EQ(questions_, 1) << "once per connection";
    EXPECT_EQ(reports_, 1);
}

TEST_F(AccessCheckTest, WhatMayNotBeReadOfClientsIsAProblemAndWhatMayNotBeWrittenThereARemark) {
    connect();
    comes({"N/p/heartbeat", own_probe, discovery});
    tick(start + 10s);
    EXPECT_THAT(asked_, UnorderedElementsAre(reads_probe, writes_probe));
    answers_ = AccessAnswers{{writes_probe, true}, {reads_probe, false}};
    tick(start + 10s);
    EXPECT_THAT(problems_, ElementsAre(HasSubstr("what clients publish to W/#: allow our user to read it")));
    EXPECT_THAT(remarks_, ElementsAre(HasSubstr("what clients publish to R/# arrives")));
}

TEST_F(AccessCheckTest, ABrokerThatCannotTellLeavesBothOpen) {
    connect();
    comes({own_probe, discovery, reads_probe});
    tick(start + 10s);
    answers_ = AccessAnswers{};
    tick(start + 10s);
    EXPECT_THAT(problems_, ElementsAre(HasSubstr("N/#: allow our user to write and read it")));
    EXPECT_THAT(remarks_, ElementsAre(HasSubstr("W/#")));
}

TEST_F(AccessCheckTest, AProblemStaysUntilTheNextConnectionHasProvenTheBranch) {
    connect();
    comes({reads_probe, writes_probe, own_probe, discovery});
    tick(start + 10s);
    answers_ = AccessAnswers{{values_probe, false}};
    tick(start + 10s);
    ASSERT_THAT(problems_, testing::SizeIs(1));
    connect(start + 1min);
    EXPECT_THAT(problems_, testing::SizeIs(1));
    comes({"N/p/heartbeat"}, start + 1min);
    EXPECT_THAT(problems_, IsEmpty());
}

// It is late, not denied.
TEST_F(AccessCheckTest, WhatComesWhileTheBrokerIsAskedIsContent) {
    connect();
    comes({reads_probe, writes_probe, own_probe, discovery});
    tick(start + 10s);
    comes({"N/p/heartbeat"}, start + 10s);
    answers_ = AccessAnswers{{values_probe, false}};
    tick(start + 11s);
    EXPECT_EQ(reports_, 0);
}

class AccessCheckOnDemand : public AccessCheckTest {
  protected:
    AccessCheckOnDemand() : AccessCheckTest(false) {}
};

// With `publish = "keepalive"` there is no heartbeat before.
TEST_F(AccessCheckOnDemand, ValuesAreAwaitedFromTheFirstKeepalive) {
    connect();
    comes({reads_probe, writes_probe, own_probe, discovery});
    tick(start + 1h);
    EXPECT_EQ(questions_, 0);
    comes({"R/p/keepalive"}, start + 1h);
    comes({"R/p/keepalive"}, start + 1h + 9s);
    tick(start + 1h + 10s);
    EXPECT_THAT(asked_, ElementsAre(values_probe));
}

TEST(AccessBranches, HaveNoDiscoveryWithoutHomeAssistant) {
    EXPECT_EQ(access_branches("p", true, {}).size(), 4U);
    EXPECT_EQ(access_branches("p", true, {"ha/device/x/config", "{}"}).back().name, "ha/#");
}

} // namespace
} // namespace gridbridge
