// `gridbridge doctor` on brokers that refuse, are silent or are not there, and on ports of others.
#include "app/scan/port_use.hpp"
#include "app/servers/status_server.hpp"
#include "app/simulate/pty.hpp"
#include "tests/fakes/free_port.hpp"
#include "tests/fakes/silent_port.hpp"
#include "tests/integration/own_network.hpp"
#include "tests/integration/support.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <array>
#include <chrono>
#include <thread>

#include <fcntl.h>
#include <poll.h>
#include <sys/file.h>
#include <unistd.h>

namespace gridbridge::testing_support {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr auto most = 20s; // a promise of the command

std::string listener(int port, const std::string& more) {
    return "listener " + std::to_string(port) + " 127.0.0.1\n" + more;
}

// A configuration, and what the doctor says of it.
struct Patient {
    Patient() : status_port(free_port()) {}

    std::vector<std::string> command(const std::string& mqtt, const std::string& meter) const {
        folder.write("g.toml", "portal_id = \"p\"\nstate_dir = \"" + folder.path("state") +
                                   "\"\n[status]\nlisten = \"127.0.0.1:" + std::to_string(status_port) +
                                   "\"\n[mqtt]\n" + mqtt + "[[meter]]\nuri = \"" + meter + "\"\n");
        return {"doctor", "--config", folder.path("g.toml")};
    }
    Result ask(const std::string& mqtt, const std::string& meter) const {
        const auto began = std::chrono::steady_clock::now();
        Result result = gridbridge(command(mqtt, meter));
        EXPECT_LT(std::chrono::steady_clock::now() - began, most);
        return result;
    }

    Folder folder;
    int status_port; // nobody listens there
};

std::string servers(int port) {
    return "servers = [\"mqtt://127.0.0.1:" + std::to_string(port) + "\"]\n";
}

// Bytes that arrived at the other end of a port.
std::size_t arrived_at(const Pty& pty) {
    pollfd ready{pty.master(), POLLIN, 0};
    std::size_t count = 0;
    std::array<char, 256> chunk{};
    while (::poll(&ready, 1, 0) == 1 && (ready.revents & POLLIN) != 0) {
        const ssize_t got = ::read(pty.master(), chunk.data(), chunk.size());
        if (got <= 0) {
            break;
        }
        count += static_cast<std::size_t>(got);
    }
    return count;
}

TEST(Doctor, AllIsWellWithABrokerAndAMeterThatAreThere) {
    const Broker broker;
    const SimulatedMeter meter("em540", "tcp://127.0.0.1:0");
    const Patient patient;
    const Result result = patient.ask(servers(broker.port()), "cg+" + meter.uri);
    EXPECT_EQ(result.exit_code, 0) << result.output << result.errors;
    EXPECT_THAT(result.output, AllOf(HasSubstr("connected in"), HasSubstr("takes connections"),
                                     HasSubstr("only be judged by a running service"),
                                     HasSubstr("nothing wrong was found")));
}

TEST(Doctor, ABrokerThatIsNotThereAndAPortThatIsNotThere) {
    const Patient patient;
    const std::string port = patient.folder.path("none");
    const Result result = patient.ask(servers(free_port()), "cg+rtu://" + port);
    EXPECT_EQ(result.exit_code, 69);
    EXPECT_THAT(result.output, AllOf(HasSubstr("connection refused"), HasSubstr(port + " does not exist"),
                                     HasSubstr("what to do"), HasSubstr("2 errors")));
}

TEST(Doctor, ABrokerThatSendsNotAtOnce) {
    const int port = free_port();
    Process as_installed({"mosquitto", "-v", "-p", std::to_string(port)}); // without set_tcp_nodelay
    ASSERT_TRUE(as_installed.wait_for_line("running")) << as_installed.errors();
    const SimulatedMeter meter("em540", "tcp://127.0.0.1:0");
    const Patient patient;
    const Result result = patient.ask(servers(port), "cg+" + meter.uri);
    EXPECT_EQ(result.exit_code, 0) << result.output;
    EXPECT_THAT(result.output, AllOf(HasSubstr("times a message came"), HasSubstr("set_tcp_nodelay true"),
                                     HasSubstr("nothing wrong was found, 1 remark")));
}

TEST(Doctor, ABrokerThatIsMute) {
    const Patient patient;
    const SilentPort mute;
    const SimulatedMeter meter("em540", "tcp://127.0.0.1:0");
    const Result result = patient.ask(servers(mute.port()), "cg+" + meter.uri);
    EXPECT_EQ(result.exit_code, 69);
    EXPECT_THAT(result.output, AllOf(HasSubstr("it takes connections and does not answer"),
                                     HasSubstr("no answer to CONNECT")));
}

TEST(Doctor, ANameThatNobodyKnows) {
    const Patient patient;
    const SimulatedMeter meter("em540", "tcp://127.0.0.1:0");
    const Result result = patient.ask("servers = [\"mqtt://nobody.invalid\"]\n", "cg+" + meter.uri);
    EXPECT_EQ(result.exit_code, 69);
    EXPECT_THAT(result.output, HasSubstr("host nobody.invalid not found"));
}

TEST(Doctor, ANameServerThatIsSilent) {
    OwnNetwork network;
    network.silence_name_server();
    if (!network.usable) {
        GTEST_SKIP() << "no network namespaces here";
    }
    const Patient patient;
    const Result result = patient.ask("servers = [\"mqtt://broker.example\"]\n", "p1+file:///dev/null");
    EXPECT_EQ(result.exit_code, 69);
    EXPECT_THAT(result.output,
                AllOf(HasSubstr("host broker.example not found"), HasSubstr("no address within 5")));
}

TEST(Doctor, ACertificateThatEndsSoonAndOneThatIsNotTrusted) {
    const Patient patient;
    const Folder& folder = patient.folder;
    ASSERT_EQ(run({"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
                   "-nodes", "-days", "12", "-subj", "/CN=broker", "-addext", "subjectAltName=IP:127.0.0.1",
                   "-keyout", folder.path("b.key"), "-out", folder.path("b.crt")})
                  .exit_code,
              0);
    run({"chmod", "a+rx", folder.path()});
    run({"chmod", "a+r", folder.path("b.key")});
    const int port = free_port();
    const Broker broker(true, listener(port, "allow_anonymous true\ncertfile " + folder.path("b.crt") +
                                                 "\nkeyfile " + folder.path("b.key") + "\n"));
    const std::string server = "servers = [\"mqtts://127.0.0.1:" + std::to_string(port) + "\"]\n";
    const Result soon =
        patient.ask(server + "ca_file = \"" + folder.path("b.crt") + "\"\n", "p1+file:///dev/null");
    EXPECT_EQ(soon.exit_code, 69);
    EXPECT_THAT(soon.output,
                AllOf(HasSubstr("its certificate ends in 1"), HasSubstr("certificate /CN=broker"),
                      HasSubstr("connected in"), HasSubstr("1 warning")));
    const Result unknown = patient.ask(server, "p1+file:///dev/null");
    EXPECT_THAT(unknown.output, AllOf(HasSubstr("certificate is not trusted"), HasSubstr("[mqtt] ca_file"),
                                      HasSubstr("1 error")));
}

TEST(Doctor, AWrongPassword) {
    const Patient patient;
    const Folder& folder = patient.folder;
    ASSERT_EQ(run({"mosquitto_passwd", "-b", "-c", folder.path("passwords"), "gb", "right"}).exit_code, 0);
    run({"chmod", "a+rx", folder.path()});
    run({"chmod", "a+r", folder.path("passwords")});
    const int port = free_port();
    const Broker broker(
        true, listener(port, "allow_anonymous false\npassword_file " + folder.path("passwords") + "\n"));
    folder.write("secret", "wrong-one\n");
    const SimulatedMeter meter("em540", "tcp://127.0.0.1:0");
    const Result result =
        patient.ask(servers(port) + "username = \"gb\"\npassword_file = \"" + folder.path("secret") + "\"\n",
                    "cg+" + meter.uri);
    EXPECT_EQ(result.exit_code, 69);
    EXPECT_THAT(result.output, AllOf(HasSubstr("check [mqtt] username"), HasSubstr("as user gb"),
                                     HasSubstr("[mqtt] username and password_file.")));
    EXPECT_THAT(result.output + result.errors, Not(HasSubstr("wrong-one")));
}

TEST(Doctor, ABranchThatAccessRulesDeny) {
    const Patient patient;
    const Folder& folder = patient.folder;
    folder.write("acl", "topic readwrite gridbridge/#\ntopic readwrite N/#\ntopic readwrite R/#\n"
                        "topic read W/#\ntopic readwrite homeassistant/#\n");
    run({"chmod", "a+rx", folder.path()});
    run({"chmod", "0644", folder.path("acl")});
    const int port = free_port();
    const SimulatedMeter meter("em540", "tcp://127.0.0.1:0");
    const Broker broker(true, listener(port, "allow_anonymous true\nacl_file " + folder.path("acl") + "\n"));
    const Result may_read = patient.ask(servers(port), "cg+" + meter.uri);
    EXPECT_EQ(may_read.exit_code, 0) << "it need not write to W/#: " << may_read.output;
    EXPECT_THAT(may_read.output, HasSubstr("publishing there is refused"));
    folder.write("acl", "topic readwrite gridbridge/#\ntopic readwrite R/#\ntopic readwrite W/#\n"
                        "topic readwrite homeassistant/#\ntopic read N/#\n");
    const int second = free_port();
    const Broker stricter(true,
                          listener(second, "allow_anonymous true\nacl_file " + folder.path("acl") + "\n"));
    const Result denied = patient.ask(servers(second), "cg+" + meter.uri);
    EXPECT_EQ(denied.exit_code, 69);
    EXPECT_THAT(denied.output, AllOf(HasSubstr("N/#: allow our user to write it"), HasSubstr("1 error")));
}

TEST(Doctor, APortThatAnotherProgramHas) {
    const Patient patient;
    const Broker broker;
    const Pty pty(patient.folder.path("port"));
    const int held = ::open(pty.device().c_str(), O_RDWR | O_NOCTTY | O_CLOEXEC);
    ASSERT_EQ(::flock(held, LOCK_EX | LOCK_NB), 0);
    const Result result = patient.ask(servers(broker.port()), "cg+rtu://" + pty.path());
    ::close(held);
    EXPECT_EQ(result.exit_code, 69);
    EXPECT_THAT(result.output, AllOf(HasSubstr(pty.path() + " is in use by another program"),
                                     HasSubstr("(pid " + std::to_string(::getpid()) + ")")));
    EXPECT_EQ(arrived_at(pty), 0U);
}

// Of a meter that sends by itself the service says nothing on the line: every byte would be the doctor's.
TEST(Doctor, NothingIsSentOnAPortThatTheServiceHas) {
    const Patient patient;
    const Broker broker;
    const Pty pty(patient.folder.path("port"));
    const RunningService service(broker, {"p1+serial://" + pty.path()}, patient.folder.path("other"));
    ASSERT_TRUE(service.process->wait_for_line("connected to")) << service.process->errors();
    const auto limit = std::chrono::steady_clock::now() + patience;
    while (port_holders(pty.path()).empty() && std::chrono::steady_clock::now() < limit) {
        std::this_thread::sleep_for(20ms);
    }
    const Result result = patient.ask(servers(broker.port()), "cg+rtu://" + pty.path());
    EXPECT_THAT(result.output, HasSubstr("in service, gridbridge (pid " +
                                         std::to_string(service.process->pid()) + ") has it"));
    EXPECT_EQ(arrived_at(pty), 0U);
}

// Of which the port is not open now: it may open it at any time.
TEST(Doctor, ARunningServiceTellsAndNothingIsSent) {
    const Patient patient;
    const Pty pty(patient.folder.path("port"));
    std::string body = R"([{"code":"neutral_missing","severity":"error","meter":"BX1",)"
                       R"("since":"2026-11-30T10:00:00Z","text":"The neutral is missing","evidence":"231 V",)"
                       R"("action":"Call an electrician."}])";
    const auto answer = [&](const HttpMessage& request) {
        return request.path == "/findings" ? StatusPage{200, "application/json", body}
                                           : StatusPage{404, "text/plain", ""};
    };
    const StatusServer server({{"127.0.0.1", static_cast<std::uint16_t>(patient.status_port)}, {}},
                              {answer, answer}, [](auto&&...) {});
    auto command = patient.command(servers(free_port()), "cg+rtu://" + pty.path());
    const Result text = gridbridge(command);
    EXPECT_EQ(text.exit_code, 69);
    EXPECT_THAT(text.output,
                AllOf(HasSubstr("error        The neutral is missing\n  meter      BX1\n"),
                      HasSubstr("since      2026-11-30T10:00:00Z"), Not(HasSubstr("mqtt://127.0.0.1"))))
        << "the service knows its broker";
    command.emplace_back("--json");
    const Result as_json = gridbridge(command);
    EXPECT_EQ(nlohmann::json::parse(as_json.output), nlohmann::json::parse(body)) << as_json.output;
    body = "[]";
    EXPECT_EQ(gridbridge(command).exit_code, 0);
    EXPECT_EQ(arrived_at(pty), 0U);
}

TEST(Doctor, AnOlderServiceIsNamedAndItsBusLeftAlone) {
    const Patient patient;
    const Broker broker;
    const Pty pty(patient.folder.path("port"));
    const auto answer = [](const HttpMessage& request) -> std::optional<StatusPage> {
        return request.path == "/health"
                   ? std::optional(StatusPage{503, "application/json", R"({"problems":["x"]})"})
                   : std::nullopt;
    };
    const StatusServer server({{"127.0.0.1", static_cast<std::uint16_t>(patient.status_port)}, {}},
                              {answer, answer}, [](auto&&...) {});
    const Result result = patient.ask(servers(broker.port()), "cg+rtu://" + pty.path());
    EXPECT_THAT(result.output, AllOf(HasSubstr("is older than this program"), HasSubstr("connected in")));
    EXPECT_EQ(arrived_at(pty), 0U);
}

TEST(Doctor, AMeterAtAnotherUnitIsFound) {
    const Patient patient;
    const Broker broker;
    const std::string port = patient.folder.path("port");
    const SimulatedMeter meter("em24", "rtu://" + port, {"--unit", "3"});
    const Result result = patient.ask(servers(broker.port()), "cg+rtu://" + port + "?unit=1");
    EXPECT_EQ(result.exit_code, 69);
    EXPECT_THAT(result.output,
                AllOf(HasSubstr("Nothing answers at unit 1, but unit 3 does"), HasSubstr("Set unit = 3")));
    const Result right = patient.ask(servers(broker.port()), "cg+rtu://" + port + "?unit=3");
    EXPECT_EQ(right.exit_code, 0) << right.output;
    EXPECT_THAT(right.output, HasSubstr("answers"));
}

TEST(Doctor, AnotherServiceUnderOurPortalId) {
    const Patient patient;
    const Broker broker;
    const SimulatedMeter meter("em540", "tcp://127.0.0.1:0");
    {
        const RunningService ours(broker, {"cg+" + meter.uri}, patient.folder.path("state"));
        ASSERT_TRUE(ours.process->wait_for_line("connected to")) << ours.process->errors();
        const Result alone = patient.ask(servers(broker.port()), "cg+" + meter.uri);
        EXPECT_THAT(alone.output, Not(HasSubstr("portal id p")));
        EXPECT_THAT(alone.output,
                    AllOf(HasSubstr("a service keeps its settings there"), HasSubstr("no port was opened")));
        ours.process->signal(SIGTERM);
        ASSERT_EQ(ours.process->wait(), 0);
    }
    const RunningService other(broker, {"cg+" + meter.uri}, patient.folder.path("other"));
    Subscriber own_topics(broker, "gridbridge/p/#");
    ASSERT_TRUE(own_topics.wait_for("gridbridge/p/status", "online")) << other.process->errors();
    const Result result = patient.ask(servers(broker.port()), "cg+" + meter.uri);
    EXPECT_EQ(result.exit_code, 69);
    EXPECT_THAT(result.output, HasSubstr("another gridbridge runs under the portal id p"));
}

TEST(Doctor, ABadConfigurationHasItsOwnExitCode) {
    const Folder folder;
    folder.write("bad.toml", "[mqtt]\nserver = 1\n");
    const Result result = gridbridge({"doctor", "--config", folder.path("bad.toml")});
    EXPECT_EQ(result.exit_code, 78);
    EXPECT_THAT(result.errors, HasSubstr("bad.toml:2"));
}

} // namespace
} // namespace gridbridge::testing_support
