// The routes of the page, without a socket.
#include "app/page/page.hpp"
#include "tests/fakes/meters.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <atomic>
#include <thread>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;
using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

constexpr const char* right = "Basic OnNlY3JldA=="; // :secret

HttpMessage request(std::string method, std::string path) {
    HttpMessage made;
    made.method = std::move(method);
    made.path = std::move(path);
    made.from = "192.168.1.9";
    made.headers = {{"host", "192.168.1.7:8480"}};
    return made;
}

HttpMessage change(std::string body, std::string path = "/api/meters/BX0120064003P") {
    HttpMessage made = request("POST", std::move(path));
    made.headers.emplace_back("origin", "http://192.168.1.7:8480");
    made.headers.emplace_back("content-type", "application/json");
    made.body = std::move(body);
    return made;
}

HttpMessage with(HttpMessage made, std::string name, std::string value) {
    made.headers.emplace_back(std::move(name), std::move(value));
    return made;
}

// Gives the board a live meter whenever somebody asks; takes writes of a name.
class PageTest : public testing::Test {
  protected:
    PageTest() {
        meter_.with([](Meter& meter) {
            meter = live_grid_meter(Clock::now());
            meter.device_id = "cgwacs_BX0120064003P";
        });
        publisher_ = std::jthread([this](const std::stop_token& stop) {
            while (!stop.stop_requested()) {
                if (board_.take_wanted()) {
                    Snapshot view{"1", "c", Clock::now(), {true, "mqtt://b:1883"}, {}};
                    view.meters.push_back(meter_.with([](const Meter& meter) { return meter; }));
                    view.meters[0].last_good = Clock::now();
                    board_.put(std::move(view));
                }
                std::this_thread::yield();
            }
        });
    }

    static PageOptions options() {
        PageOptions made;
        made.portal_id = "p";
        made.password = [] { return std::string("secret"); };
        made.log_json = [] { return std::string("[1]\n"); };
        return made;
    }
    StatusPage answer(Page& page, const HttpMessage& asked) {
        auto made = page.answer(asked);
        EXPECT_TRUE(made) << asked.method << " " << asked.path;
        return made.value_or(StatusPage{});
    }

    Guarded<Meter> meter_;
    SnapshotBoard board_{[] {}};
    std::jthread publisher_;
};

TEST_F(PageTest, FilesAreThereAndChangeWithTheirTag) {
    Page page(board_, options());
    const StatusPage first = answer(page, request("GET", "/"));
    EXPECT_EQ(first.code, 200);
    EXPECT_THAT(first.type, HasSubstr("text/html"));
    EXPECT_THAT(first.body, HasSubstr("<!doctype html>"));
    EXPECT_THAT(first.headers, HasSubstr("Content-Security-Policy: default-src 'self'"));
    const std::size_t tag = first.headers.find("ETag: ") + 6;
    const std::string seen = first.headers.substr(tag, first.headers.find("\r\n", tag) - tag);
    const StatusPage again = answer(page, with(request("GET", "/"), "if-none-match", seen));
    EXPECT_EQ(again.code, 304);
    EXPECT_EQ(again.body, "");
    std::size_t bytes = 0;
    for (const char* path : {"/", "/style.css", "/app.js", "/health.js", "/curves.js", "/setup.js",
                             "/icon.svg", "/dygraph.min.js", "/dygraph.min.css"}) {
        bytes += answer(page, request("GET", path)).body.size();
    }
    EXPECT_LE(bytes, 250'000U);
    EXPECT_FALSE(page.answer(request("GET", "/../etc/passwd")));
    EXPECT_FALSE(page.answer(request("POST", "/")));
}

TEST_F(PageTest, MetersAndOneOfThem) {
    Page page(board_, options());
    EXPECT_EQ(json::parse(answer(page, request("GET", "/api/meters")).body)["meters"].size(), 1U);
    const StatusPage one = answer(page, request("GET", "/api/meters/BX0120064003P"));
    EXPECT_EQ(json::parse(one.body)["values"]["power_l1"], 938.6);
    EXPECT_EQ(answer(page, request("GET", "/api/meters/BX%30120064003P")).code, 200);
    EXPECT_EQ(answer(page, request("GET", "/api/meters/other")).code, 404);
    EXPECT_EQ(answer(page, request("GET", "/api/history")).code, 404);
    EXPECT_FALSE(page.answer(request("GET", "/api/nothing")));
    EXPECT_EQ(answer(page, request("GET", "/api/events")).type, event_stream);
}

TEST_F(PageTest, ALoadTestIsAskedForWithThePassword) {
    PageOptions made = options();
    Message written;
    made.write = [&](Message message) { written = std::move(message); };
    Page page(board_, made);
    const std::string body = R"({"meter":"BX0120064003P","watts":2000})";
    EXPECT_EQ(answer(page, change(body, "/api/load_test")).code, 401);
    EXPECT_EQ(written, Message());
    EXPECT_EQ(answer(page, with(change(body, "/api/load_test"), "authorization", right)).code, 200);
    EXPECT_EQ(written, (Message{"gridbridge/p/load_test/set", body}));
    answer(page, with(change("{}", "/api/load_test"), "authorization", right));
    EXPECT_EQ(written.payload, "") << "ends it";
    EXPECT_FALSE(page.answer(request("GET", "/api/load_test")));
}

TEST_F(PageTest, AForeignNameIsRefusedEverywhere) {
    Page page(board_, options());
    for (const char* path : {"/", "/api/meters", "/api/events", "/api/log"}) {
        HttpMessage asked = request("GET", path);
        asked.headers = {{"host", "evil.example:8480"}};
        EXPECT_EQ(answer(page, asked).code, 403) << path;
    }
}

TEST_F(PageTest, TheLogIsForThisMachineOrWithThePassword) {
    Page page(board_, options());
    EXPECT_EQ(answer(page, request("GET", "/api/log")).code, 401);
    EXPECT_THAT(answer(page, request("GET", "/api/log")).headers, HasSubstr("WWW-Authenticate: Basic"));
    EXPECT_EQ(answer(page, with(request("GET", "/api/log"), "authorization", right)).body, "[1]\n");
    HttpMessage local = request("GET", "/api/log");
    local.from = "127.0.0.1";
    EXPECT_EQ(answer(page, local).body, "[1]\n");
    EXPECT_EQ(answer(page, with(local, "x-forwarded-for", "192.168.1.9")).code, 401)
        << "a proxy on this machine speaks for others";
    PageOptions closed = options();
    closed.password = {};
    Page without(board_, closed);
    EXPECT_EQ(answer(without, request("GET", "/api/log")).code, 403);
    EXPECT_THAT(answer(without, request("GET", "/api/access")).body, HasSubstr("false"));
    EXPECT_THAT(answer(page, request("GET", "/api/access")).body, HasSubstr("true"));
}

TEST_F(PageTest, WhatWasRecordedIsForThisMachineOrWithThePassword) {
    PageOptions given = options();
    given.incidents = [] { return std::string(R"([{"id":3}])"); };
    given.incident = [](unsigned id) { return id == 3 ? std::optional<std::string>("bytes") : std::nullopt; };
    std::vector<long> asked;
    given.bundle = [&](std::chrono::minutes time) {
        asked.push_back(time.count());
        return time.count() == 13 ? throw std::runtime_error("no luck") : std::string("bundle");
    };
    Page page(board_, given);
    EXPECT_EQ(answer(page, request("GET", "/api/incidents")).body, "[{\"id\":3}]\n");
    const auto get = [&](const std::string& path, const std::string& query = {}) {
        HttpMessage made = with(request("GET", path), "authorization", right);
        made.query = query;
        return answer(page, made);
    };
    for (const char* path : {"/api/incidents/3", "/api/bundle"}) {
        EXPECT_EQ(answer(page, request("GET", path)).code, 401) << path;
        HttpMessage local = request("GET", path);
        local.from = "127.0.0.1";
        EXPECT_EQ(answer(page, local).code, 200) << path;
        EXPECT_THAT(get(path).headers, HasSubstr("Content-Disposition: attachment")) << path;
    }
    EXPECT_EQ(get("/api/incidents/3").body, "bytes");
    for (const char* path : {"/api/incidents/4", "/api/incidents/0", "/api/incidents/-1", "/api/incidents/x",
                             "/api/incidents/99999999999"}) {
        EXPECT_EQ(get(path).code, 404) << path;
    }
    asked.clear();
    EXPECT_EQ(get("/api/bundle", "minutes=60").body, "bundle");
    EXPECT_EQ(get("/api/bundle").code, 200);
    for (const char* query : {"minutes=0", "minutes=x", "minutes=99999", "other=1"}) {
        EXPECT_EQ(get("/api/bundle", query).code, 400) << query;
    }
    EXPECT_EQ(get("/api/bundle", "minutes=13").code, 503);
    EXPECT_EQ(asked, (std::vector<long>{60, 10, 13}));
}

TEST_F(PageTest, AChangeNeedsThePasswordAndIsConfirmedOnceItIsSeen) {
    PageOptions given = options();
    std::atomic<int> writes = 0;
    given.write = [&](const Message& message) {
        ++writes;
        const json written = json::parse(message.payload);
        if (message.topic.ends_with("/CustomName") && written["value"] != "refused") {
            meter_.with([&](Meter& meter) { meter.name = written["value"]; });
        }
    };
    Page page(board_, given);
    const std::string body = R"({"setting":"CustomName","value":"Roof"})";
    EXPECT_EQ(answer(page, change(body)).code, 401);
    EXPECT_EQ(answer(page, with(change(body), "authorization", "Basic Onh4")).code, 401);
    HttpMessage foreign = with(change(body), "authorization", right);
    foreign.headers[1].second = "http://evil.example";
    EXPECT_EQ(answer(page, foreign).code, 403);
    EXPECT_EQ(writes, 0);
    const StatusPage done = answer(page, with(change(body), "authorization", right));
    EXPECT_EQ(done.code, 200) << done.body;
    EXPECT_THAT(done.body, HasSubstr("/CustomName"));
    const StatusPage refused =
        answer(page, with(change(R"({"setting":"CustomName","value":"refused"})"), "authorization", right));
    EXPECT_EQ(refused.code, 409);
    EXPECT_EQ(answer(page, with(change("{}"), "authorization", right)).code, 400);
    EXPECT_EQ(answer(page, with(change(body, "/api/meters/other"), "authorization", right)).code, 404);
    EXPECT_EQ(writes, 2);
}

TEST_F(PageTest, WithoutAPasswordNothingIsChangedButBehindATrustedProxy) {
    PageOptions given = options();
    given.password = {};
    given.access.trusted_proxies = {"172.30.32.0/23"};
    given.write = [&](const Message&) { meter_.with([](Meter& meter) { meter.name = "Roof"; }); };
    Page page(board_, given);
    const std::string body = R"({"setting":"CustomName","value":"Roof"})";
    const StatusPage refused = answer(page, with(change(body), "authorization", right));
    EXPECT_EQ(refused.code, 403);
    EXPECT_THAT(refused.body, HasSubstr("password_file"));
    HttpMessage proxied = change(body);
    proxied.from = "172.30.32.2";
    EXPECT_EQ(answer(page, proxied).code, 200);
}

TEST_F(PageTest, WrongPasswordsAreSlowedDown) {
    Page page(board_, options());
    const HttpMessage wrong = with(change("{}"), "authorization", "Basic Onh4");
    for (int i = 0; i < 3; ++i) {
        EXPECT_EQ(answer(page, wrong).code, 401);
    }
    const StatusPage wait = answer(page, with(change("{}"), "authorization", right));
    EXPECT_EQ(wait.code, 429);
    EXPECT_THAT(wait.headers, HasSubstr("Retry-After: "));
}

TEST(SnapshotBoardPause, PassesOrEndsWhenThePublisherLeaves) {
    SnapshotBoard board([] {});
    const auto begin = Clock::now();
    EXPECT_TRUE(board.pause(20ms));
    EXPECT_GE(Clock::now() - begin, 20ms);
    std::jthread leaver([&] { board.close(); });
    EXPECT_FALSE(board.pause(1h));
}

TEST(PageOfAStuckPublisher, SaysSo) {
    SnapshotBoard board([] {});
    board.close();
    PageOptions options;
    options.portal_id = "p";
    Page page(board, options);
    EXPECT_EQ(page.answer(request("GET", "/api/meters"))->code, 503);
    EXPECT_EQ(page.answer(request("GET", "/api/meters/x"))->code, 503);
    EXPECT_THAT(page.live(true).all, HasSubstr("does not answer"));
    EXPECT_THAT(page.answer(request("GET", "/"))->body, Not(HasSubstr("does not answer")));
}

} // namespace
} // namespace gridbridge
