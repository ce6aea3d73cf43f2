#include "app/sinks/influx_sender.hpp"

#include "app/sinks/login_header.hpp"
#include "app/sinks/sink_worker.hpp"
#include "drivers/text/text.hpp"
#include "tests/app/sinks/http_end.hpp"
#include "tests/app/sinks/sink_folder.hpp"
#include "tests/fakes/log_book.hpp"
#include "tests/fakes/silent_port.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <mutex>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr auto patience = 60s;

// What a store has: each line once.
class Store {
  public:
    void take(const std::string& lines) {
        const std::lock_guard lock(mutex_);
        for (const std::string_view line : split(lines, '\n')) {
            if (!line.empty()) {
                ++lines_[std::string(line)];
            }
        }
    }
    std::size_t count() const {
        const std::lock_guard lock(mutex_);
        return lines_.size();
    }

  private:
    mutable std::mutex mutex_;
    std::map<std::string, int> lines_;
};

class InfluxSenderTest : public testing::Test {
  protected:
    // One step after the other, without the pauses between them.
    std::unique_ptr<InfluxSender> sender(std::uint16_t port, std::chrono::milliseconds limit = 10s) {
        shared_->name = "sink test";
        shared_->log = book_.log();
        shared_->wall_minus_steady_ms = [this] { return wall_; };
        if (!shared_->queue.with([](auto& queue) { return queue != nullptr; })) {
            shared_->queue.with([](std::unique_ptr<SinkQueue>& queue) {
                queue = std::make_unique<SinkQueue>(make_memory_store(), SinkQueueOptions{});
            });
        }
        InfluxOptions options;
        options.place.at = {"127.0.0.1", port};
        options.target = "/write?db=x";
        options.login = [] { return std::string("Bearer secret"); };
        options.jitter = [] { return 0.0; };
        options.answer_limit = limit;
        return std::make_unique<InfluxSender>(shared_, options);
    }
    void queue_points(int first, int count, std::uint64_t boot = 0) {
        shared_->queue.with([&](std::unique_ptr<SinkQueue>& queue) {
            auto points = numbered(first, count, 0);
            for (QueuedPoint& point : points) {
                point.text = "m,t=" + point.text + " v=1";
                point.boot = boot;
            }
            queue->append(points);
        });
    }
    std::uint64_t waiting() {
        return shared_->queue.with([](std::unique_ptr<SinkQueue>& queue) { return queue->waiting(); });
    }
    SinkHealth health() {
        return shared_->health.with([](SinkHealth& now) { return now; });
    }
    // Until nothing waits, or for so many steps.
    int drain(InfluxSender& sender, int most = 200) {
        for (int steps = 1; steps <= most; ++steps) {
            now_ = sender.step(now_, {});
            if (waiting() == 0) {
                return steps;
            }
        }
        return most + 1;
    }

    Clock::time_point now_ = Clock::now();
    std::optional<std::int64_t> wall_ = 0;
    LogBook book_;
    std::shared_ptr<SinkShared> shared_ = std::make_shared<SinkShared>();
    Store store_;
};

TEST_F(InfluxSenderTest, SendsBatchesPackedAndInOrder) {
    std::vector<std::string> heads;
    HttpEnd end([&](const HttpAsked& asked) {
        heads.push_back(asked.head);
        store_.take(asked.lines);
        return http_answer(204);
    });
    const auto sender = this->sender(end.port());
    queue_points(1, 12'000);
    EXPECT_LE(drain(*sender), 4);
    EXPECT_EQ(store_.count(), 12'000U);
    EXPECT_EQ(health().sent, 12'000U);
    EXPECT_TRUE(health().connected);
    EXPECT_THAT(heads.front(), HasSubstr("POST /write?db=x HTTP/1.1\r\nHost: 127.0.0.1:"));
    EXPECT_THAT(heads.front(), HasSubstr("Content-Encoding: gzip\r\n"));
    EXPECT_THAT(heads.front(), HasSubstr("Authorization: Bearer secret\r\n"));
    EXPECT_EQ(book_.text(), "");
}

TEST_F(InfluxSenderTest, AStoreThatFailsIsAskedAgainAfterAPause) {
    std::atomic<int> asked = 0;
    const std::vector<std::string> answers{http_answer(503, "Retry-After: 7\r\n"),
                                           http_answer(500),
                                           "",
                                           "HTTP/1.1 2",
                                           "no web server\r\n\r\n",
                                           http_answer(204)};
    HttpEnd end([&](const HttpAsked& request) {
        const std::string answer = answers.at(static_cast<std::size_t>(asked++));
        if (answer == answers.back()) {
            store_.take(request.lines);
        }
        return answer;
    });
    const auto sender = this->sender(end.port(), 300ms);
    queue_points(1, 3);
    const auto begin = Clock::now();
    now_ = begin;
    now_ = sender->step(now_, {});
    EXPECT_GE(now_ - begin, 7s) << "it has asked for them";
    EXPECT_THAT(health().problem, HasSubstr("503"));
    EXPECT_EQ(sender->step(begin, {}), now_) << "nothing happens before";
    EXPECT_EQ(asked, 1);
    drain(*sender);
    EXPECT_EQ(store_.count(), 3U);
    EXPECT_EQ(health().problem, "");
    EXPECT_TRUE(book_.wait_for("takes points again"));
}

TEST_F(InfluxSenderTest, RightsThatAreMissingAreSaidAndLoseNothing) {
    std::atomic<bool> is_allowed = false;
    HttpEnd end([&](const HttpAsked& asked) {
        if (!is_allowed) {
            return http_answer(401, {}, "{\"error\":\"unauthorized\"}");
        }
        store_.take(asked.lines);
        return http_answer(204);
    });
    const auto sender = this->sender(end.port());
    queue_points(1, 10);
    for (int i = 0; i < 20; ++i) {
        now_ = sender->step(now_, {});
    }
    EXPECT_THAT(health().problem, HasSubstr("token_file"));
    EXPECT_EQ(book_.count("token_file"), 1U) << "once in the log";
    EXPECT_EQ(waiting(), 10U);
    is_allowed = true;
    drain(*sender);
    EXPECT_EQ(store_.count(), 10U);
}

TEST_F(InfluxSenderTest, BadPointsAreFoundAndLeftOut) {
    HttpEnd end([&](const HttpAsked& asked) {
        for (const std::string_view bad : {"t=17 ", "t=18 ", "t=4999 "}) {
            if (asked.lines.find(bad) != std::string::npos) {
                return http_answer(400, {}, "{\"error\":\"partial write: field type conflict\"}");
            }
        }
        store_.take(asked.lines);
        return http_answer(204);
    });
    const auto sender = this->sender(end.port());
    queue_points(1, 6'000);
    EXPECT_LE(drain(*sender), 100) << "some requests per bad point, not one per point";
    EXPECT_EQ(store_.count(), 5'997U);
    EXPECT_EQ(health().refused, 3U);
    EXPECT_EQ(health().sent, 5'997U);
    EXPECT_TRUE(book_.wait_for("t=18 v=1"));
    EXPECT_THAT(health().remark, HasSubstr("field type conflict"));
}

TEST_F(InfluxSenderTest, WhoRefusesEverythingDoesNotEmptyTheQueueAtOnce) {
    HttpEnd end([&](const HttpAsked&) { return http_answer(400); });
    const auto sender = this->sender(end.port());
    queue_points(1, 1000);
    for (int i = 0; i < 100; ++i) {
        now_ = sender->step(now_, {});
    }
    EXPECT_GT(waiting(), 900U);
    EXPECT_GT(now_ - Clock::now(), 50s) << "between two of them";
}

TEST_F(InfluxSenderTest, TooLargeIsHalvedForGood) {
    std::size_t largest_taken = 0;
    int refused = 0;
    HttpEnd end([&](const HttpAsked& asked) {
        if (asked.lines.size() > 20'000) {
            ++refused;
            return http_answer(413);
        }
        largest_taken = std::max(largest_taken, asked.lines.size());
        store_.take(asked.lines);
        return http_answer(204);
    });
    const auto sender = this->sender(end.port());
    queue_points(1, 20'000);
    drain(*sender, 2'000);
    EXPECT_EQ(store_.count(), 20'000U);
    EXPECT_LE(refused, 8) << "it is learned";
    EXPECT_GT(largest_taken, 5'000U);
}

TEST_F(InfluxSenderTest, ASilentStoreCostsItsLimitAndAStopNothing) {
    const SilentPort silent;
    const auto sender = this->sender(silent.port(), 300ms);
    queue_points(1, 1);
    now_ = sender->step(now_, {});
    EXPECT_THAT(health().problem, HasSubstr("no answer in time"));
    const auto patient = this->sender(silent.port(), 24h);
    std::jthread waits([&](const std::stop_token& stop) { patient->step(Clock::now(), stop); });
    waits.request_stop();
    waits.join(); // or it would wait for a day
    EXPECT_EQ(waiting(), 1U);
}

TEST_F(InfluxSenderTest, PointsWaitForTheClockAndThoseOfAnotherBootAreCounted) {
    HttpEnd end([&](const HttpAsked& asked) {
        store_.take(asked.lines);
        return http_answer(204);
    });
    const auto sender = this->sender(end.port());
    wall_.reset();
    queue_points(1, 4, 99);
    queue_points(5, 4, shared_->boot);
    queue_points(9, 1);
    now_ = sender->step(now_, {});
    now_ = sender->step(now_, {});
    EXPECT_EQ(waiting(), 5U) << "those of the other boot can never be told";
    EXPECT_EQ(health().dropped, 4U);
    EXPECT_EQ(store_.count(), 0U) << "and the others keep their order";
    wall_ = 1'000'000;
    drain(*sender);
    EXPECT_EQ(store_.count(), 5U);
}

TEST_F(InfluxSenderTest, WithItsThreadsWhatIsPutArrivesAndStopsAtOnce) {
    const SilentPort silent;
    HttpEnd end([&](const HttpAsked& asked) {
        store_.take(asked.lines);
        return http_answer(204);
    });
    const SinkFolder folder;
    sender(end.port()); // sets up what is shared
    shared_->queue.with([](std::unique_ptr<SinkQueue>& queue) { queue.reset(); });
    SinkWorkerOptions options;
    options.open_queue = [&] { return std::make_unique<SinkQueue>(folder.open()); };
    options.make_sender = [&](std::shared_ptr<SinkShared>) { return sender(end.port()); };
    SinkWorker worker(shared_, options);
    for (int i = 1; i <= 100; ++i) {
        shared_->box->put({0, i, 0, "S", "m,t=" + std::to_string(i) + " v=1"});
    }
    const auto until = Clock::now() + patience;
    while (store_.count() < 100 && Clock::now() < until) {
        std::this_thread::sleep_for(5ms);
    }
    EXPECT_EQ(store_.count(), 100U);
    EXPECT_TRUE(worker.finish(patience));
}

TEST(LoginHeader, HasTheSchemeOfTheStore) {
    EXPECT_EQ(token_header("t", "/api/v2/write?org=o&bucket=b"), "Token t");
    EXPECT_EQ(token_header("t", "/api/v3/write_lp?db=d"), "Bearer t");
    EXPECT_EQ(token_header("", "/api/v2/write"), "");
    EXPECT_EQ(basic_header("Aladdin", "open sesame"), "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==") << "RFC 7617";
}

} // namespace
} // namespace gridbridge
