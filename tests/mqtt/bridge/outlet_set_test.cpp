// One outlet throws: what the others say stays as it is, and it comes back by itself.
#include "mqtt/bridge/bridge.hpp"
#include "mqtt/venus/venus.hpp"
#include "tests/fakes/log_book.hpp"
#include "tests/fakes/meters.hpp"
#include "tests/fakes/outlet_rows.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <stdexcept>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

// What goes wrong with the frail outlet, and what each of its lives was told.
struct Fate {
    std::string throws_in; // name of the function
    int made = 0;
    int told_settings = 0;
    std::vector<std::string> told;
};

class Frail final : public Outlet,
                    public Timed,
                    public ClientListener,
                    public SettingListener,
                    public DeliveryListener {
  public:
    Frail(Fate& fate, std::size_t link) : fate_(fate), link_(link) {
        ++fate_.made;
        meet("constructor");
    }
    std::size_t link() const override { return link_; }
    void added(const Meter& meter) override { meet("added " + std::to_string(meter.source.meter)); }
    void connected(Clock::time_point /*now*/, Messages& out) override { publish("connected", out); }
    void reading(const Meter& /*meter*/, Clock::time_point /*now*/, Messages& out) override {
        publish("reading", out);
    }
    void lost(const Meter& /*meter*/, Clock::time_point /*now*/, Messages& out) override {
        publish("lost", out);
    }
    void leave(Messages& out) override { publish("leave", out); }
    void tick(Clock::time_point /*now*/, Messages& out) override { publish("tick", out); }
    Clock::time_point next_tick(Clock::time_point now) const override {
        if (fate_.throws_in == "next_tick") {
            throw std::runtime_error("broken next_tick");
        }
        return now + 1h;
    }
    void request(const Message& /*message*/, Clock::time_point /*now*/, Messages& out) override {
        publish("request", out);
    }
    std::vector<std::string> filters() const override { return {"frail/in"}; }
    void setting(const std::string& /*path*/, const std::string& /*payload*/, Clock::time_point /*now*/,
                 Messages& /*out*/) override {
        ++fate_.told_settings;
    }
    void delivered(const std::string& /*topic*/) override { meet("delivered"); }

  private:
    void meet(const std::string& what) const {
        fate_.told.push_back(what);
        if (fate_.throws_in == what) {
            throw std::runtime_error("broken " + what);
        }
    }
    // Half of it is said before it throws.
    void publish(const std::string& what, Messages& out) const {
        out.push_back({"frail/half", what, false, link_});
        meet(what);
        out.push_back({"frail/whole", what, false, link_});
    }

    Fate& fate_;
    std::size_t link_;
};

bool is_frails(const Message& message) {
    return message.topic.starts_with("frail/");
}

std::vector<std::string> frail_said(const Messages& messages) {
    std::vector<std::string> said;
    for (const Message& message : messages) {
        if (is_frails(message)) {
            said.push_back(message.topic.substr(6) + " " + message.payload);
        }
    }
    return said;
}

class OutletSetTest : public testing::Test {
  protected:
    void start(std::size_t link = 0) {
        bridge_ = make_bridge(settings_, true, link);
        alone_ = make_bridge(settings_alone_, false, link);
    }
    std::unique_ptr<Bridge> make_bridge(Settings& settings, bool with_frail, std::size_t link) {
        VenusOptions venus;
        venus.portal_id = "p";
        venus.unix_time = [] { return 1LL; };
        BridgeOptions options;
        options.meters.resize(2);
        options.log = book_.log();
        std::vector<OutletRow> outlets;
        outlets.push_back(outlet_row<Venus>(venus));
        if (with_frail) {
            outlets.push_back({"frail", [this, link] { return std::make_unique<Frail>(fate_, link); }});
        }
        outlets.push_back(outlet_row<Venus>(venus)); // behind it
        return std::make_unique<Bridge>(std::move(options), settings, std::move(outlets));
    }
    // The same for the bridge with the frail outlet and for the one without: the others say the same.
    Messages both(const std::function<void(Bridge&, Messages&)>& step) {
        Messages out;
        Messages alone;
        step(*bridge_, out);
        step(*alone_, alone);
        Messages others = out;
        std::erase_if(others, is_frails);
        EXPECT_EQ(as_text(others), as_text(alone));
        return out;
    }
    Messages connect() {
        return both([&](Bridge& bridge, Messages& out) { bridge.connected(now_, out); });
    }
    Messages read() {
        return both([&](Bridge& bridge, Messages& out) {
            bridge.update(update_of({0, 0}, em24_info(), grid_reading(now_)), now_, out);
        });
    }
    Messages tick() {
        return both([&](Bridge& bridge, Messages& out) { bridge.tick(now_, out); });
    }

    Fate fate_;
    LogBook book_;
    Settings settings_, settings_alone_;
    std::unique_ptr<Bridge> bridge_, alone_;
    Clock::time_point now_ = Clock::time_point{} + 1h;
};

TEST_F(OutletSetTest, AThrowInReadingConcernsItAlone) {
    start();
    connect();
    fate_.throws_in = "reading";
    EXPECT_THAT(frail_said(read()), ElementsAre("half leave", "whole leave")) << "nothing of the reading";
    EXPECT_THAT(bridge_->outlet_problems(),
                ElementsAre("outlet frail: down after failure 1: broken reading; it is restarted by itself"));
    EXPECT_THAT(book_.text(), HasSubstr("frail"));
    EXPECT_THAT(book_.text(), HasSubstr("failed and is restarted in 1 s (failure 1): broken reading"));
    EXPECT_THAT(frail_said(read()), IsEmpty()) << "it is down";
}

TEST_F(OutletSetTest, AThrowInTickConcernsItAlone) {
    start();
    connect();
    read();
    fate_.throws_in = "tick";
    EXPECT_THAT(frail_said(tick()), ElementsAre("half leave", "whole leave"));
    EXPECT_THAT(frail_said(read()), IsEmpty());
    EXPECT_EQ(bridge_->outlet_problems().size(), 1U);
}

TEST_F(OutletSetTest, AThrowInTheConstructorIsTriedAgain) {
    fate_.throws_in = "constructor";
    start();
    connect();
    EXPECT_THAT(frail_said(read()), IsEmpty());
    EXPECT_THAT(bridge_->outlet_problems(), ElementsAre(HasSubstr("broken constructor")));
    fate_.throws_in.clear();
    tick();
    EXPECT_EQ(bridge_->next_tick(now_), now_ + 1s);
    EXPECT_EQ(fate_.made, 1);
    now_ += 1s;
    EXPECT_THAT(frail_said(tick()), ElementsAre("half connected", "whole connected", "half reading",
                                                "whole reading", "half tick", "whole tick"));
    EXPECT_EQ(fate_.made, 2);
    EXPECT_THAT(bridge_->outlet_problems(), IsEmpty());
}

TEST_F(OutletSetTest, WhatClientsSayMayBreakItToo) {
    start();
    for (const std::string function : {"request", "delivered", "lost", "connected", "next_tick", "leave"}) {
        fate_.throws_in = function;
        connect();
        read();
        both([&](Bridge& bridge, Messages& out) { bridge.request({"frail/in", "x"}, now_, out); });
        both([&](Bridge& bridge, Messages& /*out*/) { bridge.delivered("frail/half", 0); });
        both([&](Bridge& bridge, Messages& out) {
            bridge.update(update_of({0, 0}, {}, {}, "unplugged"), now_, out);
        });
        static_cast<void>(bridge_->next_tick(now_));
        both([&](Bridge& bridge, Messages& out) { bridge.leave(out); });
        EXPECT_THAT(bridge_->outlet_problems(), ElementsAre(HasSubstr("broken " + function)));
        fate_.throws_in.clear();
        tick();
        now_ += 1min;
        read();
        tick();
        EXPECT_THAT(bridge_->outlet_problems(), IsEmpty()) << function;
    }
}

TEST_F(OutletSetTest, TheFreshOneIsToldEverything) {
    start();
    connect();
    read();
    const int settings = fate_.told_settings;
    ASSERT_GT(settings, 0);
    fate_.throws_in = "tick";
    tick();
    fate_ = {};
    tick();
    now_ += 1s;
    tick();
    EXPECT_THAT(fate_.told, ElementsAre("constructor", "added 0", "added 1", "connected", "reading", "tick"));
    EXPECT_GT(fate_.told_settings, 0);
    EXPECT_THAT(frail_said(read()), ElementsAre("half reading", "whole reading"));
}

TEST_F(OutletSetTest, AFreshOneIsNotToldOfALinkThatIsDown) {
    start();
    connect();
    fate_.throws_in = "tick";
    tick();
    bridge_->set_link(0, false);
    fate_ = {};
    tick();
    now_ += 1s;
    tick();
    EXPECT_THAT(fate_.told, ElementsAre("constructor", "added 0", "added 1", "tick"));
    connect();
    EXPECT_EQ(fate_.told.back(), "connected");
}

// What another broker retains comes with a subscription only.
TEST_F(OutletSetTest, TheConnectionOfAFreshOneIsRenewed) {
    start(1);
    both([&](Bridge& bridge, Messages& out) { bridge.connected(now_, out, 1); });
    EXPECT_THAT(bridge_->take_links_to_renew(), IsEmpty());
    fate_.throws_in = "tick";
    tick();
    fate_ = {};
    tick();
    now_ += 1s;
    tick();
    EXPECT_THAT(bridge_->take_links_to_renew(), ElementsAre(1U));
    EXPECT_THAT(bridge_->take_links_to_renew(), IsEmpty()) << "once";
}

TEST_F(OutletSetTest, ItsPausesGrowAndItsFailuresDoNotFloodTheLog) {
    fate_.throws_in = "constructor";
    start();
    std::vector<std::chrono::seconds> pauses;
    for (auto failed_at = now_; pauses.size() < 9;) {
        tick();
        now_ = bridge_->next_tick(now_);
        const int made = fate_.made;
        tick();
        if (fate_.made > made) {
            pauses.push_back(std::chrono::duration_cast<std::chrono::seconds>(now_ - failed_at));
            failed_at = now_;
        }
    }
    EXPECT_THAT(pauses, ElementsAre(1s, 2s, 4s, 8s, 16s, 32s, 60s, 60s, 60s));
    const std::string text = book_.text();
    std::size_t lines = 0;
    for (auto at = text.find("broken"); at != std::string::npos; at = text.find("broken", at + 1)) {
        ++lines;
    }
    EXPECT_EQ(lines, 4U) << "failures 1, 2, 4, 8 of 10\n" << text;
}

TEST_F(OutletSetTest, FiveGoodMinutesMakeThePauseShortAgain) {
    start();
    connect();
    const auto pause_after_failure = [&] {
        fate_.throws_in = "tick";
        tick();
        fate_.throws_in.clear();
        tick();
        return bridge_->next_tick(now_) - now_;
    };
    EXPECT_EQ(pause_after_failure(), 1s);
    now_ += 1s;
    tick();
    EXPECT_EQ(pause_after_failure(), 2s);
    now_ += 2s;
    tick();
    now_ += 5min;
    tick();
    EXPECT_EQ(pause_after_failure(), 1s);
}

} // namespace
} // namespace gridbridge
