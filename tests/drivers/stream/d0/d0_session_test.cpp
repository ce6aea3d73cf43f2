#include "drivers/stream/d0/d0_session.hpp"

#include "drivers/stream/source/d0_source.hpp"
#include "tests/drivers/stream/support.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gridbridge::test {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;

// A session on its own clock; what it does, in order: "300" a change of speed, anything else sent.
class Conversation {
  public:
    explicit Conversation(D0SessionOptions options) : session_(std::move(options)) { session_.start(now_); }

    void receive(std::string_view text) {
        session_.received(bytes_of(text), now_);
        act();
    }
    void pass(Clock::duration time) {
        const auto end = now_ + time;
        while (session_.wake_at() <= end) {
            now_ = std::max(now_, session_.wake_at());
            const auto before = session_.wake_at();
            act();
            ASSERT_GT(session_.wake_at(), before) << "time must go on";
        }
        now_ = end;
    }
    std::vector<std::string> done() { return std::exchange(done_, {}); }

  private:
    void act() {
        while (const auto action = session_.next(now_)) {
            if (action->baud != 0) {
                done_.push_back(std::to_string(action->baud));
            }
            if (!action->send.empty()) {
                done_.emplace_back(action->send.begin(), action->send.end());
            }
        }
    }

    D0Session session_;
    Clock::time_point now_ = Clock::time_point{} + 1h;
    std::vector<std::string> done_;
};

D0SessionOptions request() {
    D0SessionOptions options;
    options.mode = ReadoutMode::Request;
    return options;
}

TEST(D0Session, ModeC) {
    Conversation line(request());
    line.pass(0s);
    EXPECT_THAT(line.done(), ElementsAre("300", "/?!\r\n"));
    line.receive("/?!\r\n"); // the echo of an optical head
    line.receive("/LOG5LK13BE803319\r");
    EXPECT_THAT(line.done(), IsEmpty());
    line.receive("\n");
    line.pass(199ms);
    EXPECT_THAT(line.done(), IsEmpty()) << "reaction time";
    line.pass(1ms);
    EXPECT_THAT(line.done(), ElementsAre("\x06"
                                         "050\r\n"));
    line.pass(199ms);
    EXPECT_THAT(line.done(), IsEmpty()) << "the acknowledgement is sent at the old speed";
    line.pass(101ms);
    EXPECT_THAT(line.done(), ElementsAre("9600"));
    line.receive("\x02"
                 "1.8.0(1*kWh)\r\n!\r\n\x03");
    line.receive("b");
    line.pass(2s);
    EXPECT_THAT(line.done(), IsEmpty());
    line.pass(3s);
    EXPECT_THAT(line.done(), ElementsAre("300", "/?!\r\n")) << "5 s from request to request";
}

TEST(D0Session, ModeBChangesSpeedByItself) {
    Conversation line(request());
    line.pass(0s);
    line.done();
    line.receive("/ABCDxyz\r\n");
    EXPECT_THAT(line.done(), ElementsAre("4800")) << "no acknowledgement";
}

TEST(D0Session, ModeAStaysAndAsksAgainWhenTheDataEnd) {
    Conversation line(request());
    line.pass(0s);
    line.done();
    line.receive("/ABC xyz\r\n\x02"
                 "1.8.0(1*kWh)\r\n!\r\n");
    EXPECT_THAT(line.done(), IsEmpty());
    line.pass(10s);
    EXPECT_THAT(line.done(), Not(IsEmpty()));
}

TEST(D0Session, SpeedOffers) {
    for (const auto& [z, baud, acknowledgement] : {std::tuple('0', "",
                                                              "\x06"
                                                              "000\r\n"),
                                                   std::tuple('1', "600",
                                                              "\x06"
                                                              "010\r\n"),
                                                   std::tuple('6', "19200",
                                                              "\x06"
                                                              "060\r\n"),
                                                   std::tuple('A', "600", ""), std::tuple('F', "19200", ""),
                                                   std::tuple('7', "", ""), std::tuple('G', "", "")}) {
        Conversation line(request());
        line.pass(0s);
        line.done();
        line.receive(std::string("/ABC") + z + "\\2xyz\r\n");
        line.pass(500ms);
        std::vector<std::string> expected;
        if (*acknowledgement != 0) {
            expected.emplace_back(acknowledgement);
        }
        if (*baud != 0) {
            expected.emplace_back(baud);
        }
        EXPECT_EQ(line.done(), expected) << z;
    }
}

TEST(D0Session, FastMetersAreAnsweredFast) {
    Conversation line(request());
    line.pass(0s);
    line.done();
    line.receive("/ELs5xyz\r\n");
    line.pass(20ms);
    EXPECT_THAT(line.done(), ElementsAre("\x06"
                                         "050\r\n"));
    line.pass(219ms);
    EXPECT_THAT(line.done(), ElementsAre("9600"));
}

TEST(D0Session, SilentMeterIsAskedAgain) {
    Conversation line(request());
    line.pass(0s);
    line.done();
    line.pass(30s);
    const auto requests = line.done();
    EXPECT_GE(std::count(requests.begin(), requests.end(), "/?!\r\n"), 3);
}

TEST(D0Session, AddressAndWakeUp) {
    D0SessionOptions options = request();
    options.address = "12345678";
    options.wakeup = true;
    Conversation line(options);
    line.pass(0s);
    EXPECT_THAT(line.done(), ElementsAre("300", std::string(66, '\0')));
    line.pass(3699ms);
    EXPECT_THAT(line.done(), IsEmpty());
    line.pass(1ms);
    EXPECT_THAT(line.done(), ElementsAre("300", "/?12345678!\r\n"));
}

TEST(D0Session, AutoNeverAsksAMeterThatSends) {
    Conversation line(D0SessionOptions{});
    for (int i = 0; i < 100; ++i) {
        line.pass(5s);
        line.receive("/ESY5Q3D\r\n1-0:1.8.0*255(1*kWh)\r\n");
        line.pass(5s); // in the middle of a telegram
        line.receive("!\r\n");
    }
    EXPECT_THAT(line.done(), IsEmpty());
    line.pass(5999ms);
    EXPECT_THAT(line.done(), IsEmpty());
    line.pass(1ms);
    EXPECT_THAT(line.done(), ElementsAre("300", "/?!\r\n"));
}

TEST(D0Session, AutoNeverAsksInTheMiddleOfALongTelegram) {
    Conversation line(D0SessionOptions{});
    line.receive("/ESY5Q3D\r\n");
    for (int second = 0; second < 900; ++second) {
        line.pass(1s);
        line.receive("1-0:1.8.0*255(0001234.5*kWh)\r\n"); // 30 characters/s at 300 bit/s
    }
    EXPECT_THAT(line.done(), IsEmpty());
}

TEST(D0Session, NoiseDoesNotKeepAutoFromAsking) {
    for (const char* noise : {"x", "!", "/", "/A1", "\xFF/AB-"}) {
        Conversation line(D0SessionOptions{});
        for (int i = 0; i < 4; ++i) {
            line.pass(2s);
            line.receive(noise);
        }
        EXPECT_THAT(line.done(), ElementsAre("300", "/?!\r\n")) << noise;
    }
    Conversation line(D0SessionOptions{});
    line.receive("/ESY5Q3D\r\n"); // and never its end
    for (int i = 0; i < 100; ++i) {
        line.pass(2s);
        line.receive("x");
    }
    EXPECT_THAT(line.done(), Not(IsEmpty()));
}

TEST(D0Session, AutoListensAgainAfterThreeRequests) {
    Conversation line(D0SessionOptions{});
    line.pass(25s);
    const auto done = line.done();
    EXPECT_THAT(done, ElementsAre("300", "/?!\r\n", "300", "/?!\r\n", "300", "/?!\r\n", "9600"));
}

TEST(D0Session, PushNeverAsks) {
    D0SessionOptions options;
    options.mode = ReadoutMode::Push;
    Conversation line(options);
    line.pass(24h);
    EXPECT_THAT(line.done(), IsEmpty());
}

TEST(D0Session, AtOneSpeedTheMeterIsAskedToStay) {
    D0SessionOptions options = request();
    options.can_change_speed = false;
    Conversation line(options);
    line.pass(0s);
    line.receive("/LOG5xyz\r\n");
    line.pass(1s);
    EXPECT_THAT(line.done(), ElementsAre("300", "/?!\r\n",
                                         "\x06"
                                         "000\r\n"));
}

TEST(D0Session, EndlessDataIsNoReadout) {
    Conversation line(request());
    line.pass(0s);
    line.receive("/ABC xyz\r\n");
    line.done();
    for (int i = 0; i < 40; ++i) {
        line.receive(std::string(1000, 'x'));
        line.pass(500ms);
    }
    EXPECT_THAT(line.done(), Not(IsEmpty()));
}

TEST(D0Session, OptionsOfAMeter) {
    MeterConfig meter;
    static_cast<void>(parse_meter_uri("d0+serial:///dev/x", meter));
    EXPECT_EQ(d0_session_options(meter).mode, ReadoutMode::Auto);
    EXPECT_EQ(d0_session_options(meter).listen_baud, 9600);
    EXPECT_EQ(d0_session_options(meter).interval, 5s);
    MeterConfig asked;
    static_cast<void>(parse_meter_uri("d0+serial:///dev/x?mode=request&baud=2400&interval=30000", asked));
    EXPECT_EQ(d0_session_options(asked).request_baud, 2400);
    EXPECT_EQ(d0_session_options(asked).interval, 30s);
    MeterConfig remote;
    static_cast<void>(parse_meter_uri("d0+tcp://h:1", remote));
    EXPECT_EQ(d0_session_options(remote).mode, ReadoutMode::Push) << "nobody knows what is behind it";
}

} // namespace
} // namespace gridbridge::test
