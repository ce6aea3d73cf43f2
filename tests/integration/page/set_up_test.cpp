// Meters added over HTTP to the running service, and found by it.
#include "drivers/io/descriptor.hpp"
#include "tests/fakes/free_port.hpp"
#include "tests/integration/support.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>

namespace gridbridge::testing_support {
namespace {

using nlohmann::json;
using testing::HasSubstr;

struct HttpAnswer {
    int code = 0; // 0: none
    std::string body;
};

// Any words over a connection of its own, until the other side has closed.
HttpAnswer talk(int port, const std::string& request) {
    const Descriptor connection(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const void* const any = &address;
    if (::connect(connection.get(), static_cast<const sockaddr*>(any), sizeof address) != 0 ||
        ::send(connection.get(), request.data(), request.size(), MSG_NOSIGNAL) < 0) {
        return {};
    }
    std::string text;
    std::array<char, 4096> buffer{};
    for (ssize_t count = 1; count > 0;) {
        count = ::read(connection.get(), buffer.data(), buffer.size());
        text.append(buffer.data(), static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
    }
    const std::size_t head = text.find("\r\n\r\n");
    return head == std::string::npos
               ? HttpAnswer{}
               : HttpAnswer{std::stoi(text.substr(text.find(' '))), text.substr(head + 4)};
}

class SetUpOverHttp : public testing::Test {
  protected:
    SetUpOverHttp() {
        folder_.write("password", "secret\n");
        folder_.write("gridbridge.toml", "portal_id = \"p\"\nstate_dir = \"" + folder_.path("state") +
                                             "\"\n[mqtt]\nservers = [\"" + broker_.url() +
                                             "\"]\n[status]\nlisten = \"127.0.0.1:" + std::to_string(port_) +
                                             "\"\npassword_file = \"" + folder_.path("password") + "\"\n");
    }

    void start() {
        service_ = std::make_unique<Process>(
            std::vector<std::string>{GRIDBRIDGE_PROGRAM, "run", "--config", folder_.path("gridbridge.toml")});
        EXPECT_TRUE(service_->wait_for_line("listening on http://"));
    }
    // The service may just be beginning anew.
    HttpAnswer ask(const std::string& request) const {
        const auto deadline = std::chrono::steady_clock::now() + patience;
        HttpAnswer answer = talk(port_, request);
        while (answer.code == 0 && std::chrono::steady_clock::now() < deadline) {
            answer = talk(port_, request);
        }
        return answer;
    }
    HttpAnswer get(const std::string& path) const {
        return ask("GET " + path + " HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(port_) + "\r\n\r\n");
    }
    std::string post_text(const std::string& path, const json& body, const std::string& login) const {
        const std::string host = "127.0.0.1:" + std::to_string(port_);
        const std::string text = body.dump();
        return "POST " + path + " HTTP/1.1\r\nHost: " + host + "\r\nOrigin: http://" + host +
               "\r\nContent-Type: application/json\r\nAuthorization: Basic " + login +
               "\r\nContent-Length: " + std::to_string(text.size()) + "\r\n\r\n" + text;
    }
    // Once: nothing that changes is said twice.
    HttpAnswer post(const std::string& path, const json& body,
                    const std::string& login = "OnNlY3JldA==") const {
        return talk(port_, post_text(path, body, login));
    }
    static bool is_power(const Arrived& message) {
        return message.topic.ends_with("/Ac/Power") && message.payload != R"({"value":null})" &&
               message.topic.starts_with("N/p/grid/");
    }

    Broker broker_;
    Folder folder_;
    int port_ = free_port();
    std::unique_ptr<Process> service_;
};

std::string added_file(const HttpAnswer& answer) {
    EXPECT_EQ(answer.code, 200) << answer.body;
    const json told = json::parse(answer.body, nullptr, false);
    return told.is_object() ? told.value("file", std::string()) : std::string();
}

TEST_F(SetUpOverHttp, AMeterIsAddedKeptDisabledAndRemoved) {
    const SimulatedMeter meter("em24", "tcp://127.0.0.1:0");
    Subscriber subscriber(broker_);
    start();
    const std::string uri = "cg+" + meter.uri;
    const std::string file = added_file(post("/api/setup/meters", {{"uri", uri}, {"name", "Added"}}));
    EXPECT_TRUE(subscriber.wait_for(is_power));
    EXPECT_TRUE(subscriber.wait_for([](const Arrived& message) {
        return message.topic.ends_with("/CustomName") && message.payload == R"({"value":"Added"})";
    }));
    EXPECT_EQ(json::parse(get("/api/setup").body)["added"][0]["file"], file);

    service_->signal(SIGTERM);
    EXPECT_EQ(service_->wait(), 0) << service_->errors();
    subscriber.forget();
    start();
    EXPECT_TRUE(subscriber.wait_for(is_power));

    EXPECT_EQ(added_file(post("/api/setup/meters", {{"uri", uri}, {"enabled", false}})), file);
    EXPECT_TRUE(service_->wait_for_line("every meter is disabled"));
    EXPECT_TRUE(service_->wait_for_line("0 meter(s)"));
    EXPECT_EQ(json::parse(get("/api/setup").body)["added"][0]["enabled"], false);
    subscriber.forget();
    added_file(post("/api/setup/meters", {{"uri", uri}}));
    EXPECT_TRUE(subscriber.wait_for(is_power));

    added_file(post("/api/setup/remove", {{"file", file}}));
    EXPECT_TRUE(service_->wait_for_line("no meter yet"));
    EXPECT_TRUE(subscriber.wait_for([](const Arrived& message) { // Home Assistant forgets it
        return message.topic.starts_with("homeassistant/device/") && message.payload.empty();
    }));
    EXPECT_FALSE(std::filesystem::exists(folder_.path("state/meters.d/" + file)));
    EXPECT_TRUE(json::parse(get("/api/setup").body)["added"].empty());
}

TEST_F(SetUpOverHttp, WithoutThePasswordNothingChanges) {
    start();
    const json meter{{"uri", "cg+tcp://127.0.0.1:1"}};
    EXPECT_EQ(post("/api/setup/meters", meter, "Ondyb25n").code, 401);
    EXPECT_EQ(post("/api/scan", {{"hosts", {"127.0.0.1"}}}, "").code, 401);
    EXPECT_EQ(post("/api/setup/remove", {{"file", "a.toml"}}, "").code, 401);
    EXPECT_FALSE(std::filesystem::exists(folder_.path("state/meters.d")));
}

TEST_F(SetUpOverHttp, ABrokenFileIsAWarning) {
    std::filesystem::create_directories(folder_.path("state/meters.d"));
    folder_.write("state/meters.d/broken.toml", "[[meter\n");
    folder_.write("state/meters.d/evil.toml", "portal_id = \"evil\"\n");
    start();
    EXPECT_THAT(service_->errors(), HasSubstr("meters.d/broken.toml:1"));
    EXPECT_THAT(service_->errors(), HasSubstr("\"portal_id\" is not read here"));
    EXPECT_THAT(service_->errors(), HasSubstr("portal id p,"));
    const Result checked = gridbridge({"check-config", "--config", folder_.path("gridbridge.toml")});
    EXPECT_EQ(checked.exit_code, 0);
    EXPECT_THAT(checked.errors, HasSubstr("warning: " + folder_.path("state/meters.d/broken.toml")));
}

TEST_F(SetUpOverHttp, AScanFindsAMeter) {
    const SimulatedMeter meter("em24", "tcp://127.0.0.1:0");
    start();
    const std::string host = meter.uri.substr(meter.uri.find("//") + 2);
    ASSERT_EQ(post("/api/scan", {{"hosts", {host}}}).code, 200);
    EXPECT_EQ(post("/api/scan", {{"hosts", {"8.8.8.8"}}}).code, 400);
    json state;
    const auto deadline = std::chrono::steady_clock::now() + patience;
    do {
        state = json::parse(get("/api/scan").body);
    } while (state["running"] == true && std::chrono::steady_clock::now() < deadline);
    ASSERT_FALSE(state["found"].empty()) << state;
    EXPECT_EQ(state["found"][0]["uri"], "cg+tcp://" + host);
    EXPECT_THAT(state["found"][0]["product"].get<std::string>(), HasSubstr("EM24"));
}

TEST_F(SetUpOverHttp, AScanEndsWithTheService) {
    start();
    ASSERT_EQ(post("/api/scan", {{"networks", {"127.0.0.0/24"}}}).code, 200);
    service_->signal(SIGTERM);
    EXPECT_EQ(service_->wait(), 0) << service_->errors();
}

} // namespace
} // namespace gridbridge::testing_support
