// The shared stream, the query service, statistics and exit_after of the real program, with socat as the
// client.
#include "tests/fakes/free_port.hpp"
#include "tests/integration/support.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <regex>

namespace gridbridge::testing_support {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

std::string config_head(const Folder& folder) {
    return "portal_id = \"p\"\nstate_dir = \"" + folder.path("state") + "\"\nstats_interval = 0.02\n";
}

// Asks until the answer is one that `wanted` accepts; the last answer.
std::string ask(int port, const std::string& command, const std::function<bool(const std::string&)>& wanted) {
    const auto deadline = std::chrono::steady_clock::now() + patience;
    std::string output;
    do {
        output = run({"sh", "-c",
                      "printf '" + command + "' | socat -t 0.5 - UDP4:127.0.0.1:" + std::to_string(port)})
                     .output;
    } while (!wanted(output) && std::chrono::steady_clock::now() < deadline);
    return output;
}
bool any(const std::string& text) {
    return !text.empty();
}
std::string ask_for(int port, const std::string& command, const std::string& part) {
    return ask(port, command, [&](const std::string& text) { return text.find(part) != std::string::npos; });
}

struct QueriedService {
    QueriedService(const Broker& broker, const Folder& folder, const std::string& more) {
        folder.write("gridbridge.toml", config_head(folder) + "[mqtt]\nservers = [\"" + broker.url() +
                                            "\"]\n[query]\nlisten = \":" + std::to_string(port) + "\"\n" +
                                            more);
        process = std::make_unique<Process>(
            std::vector<std::string>{GRIDBRIDGE_PROGRAM, "run", "--config", folder.path("gridbridge.toml")});
    }
    int port = free_port();
    std::unique_ptr<Process> process;
};

TEST(Query, AnswersAndIsNullWhenTheMeterIsLost) {
    const Broker broker;
    const Folder folder;
    const SimulatedMeter grid("p1", "tcp://127.0.0.1:0");
    const SimulatedMeter pv("em24", "tcp://127.0.0.1:0");
    const QueriedService service(broker, folder,
                                 "[[meter]]\nuri = \"p1+" + grid.uri +
                                     "\"\nname = \"Grid\"\nstale_after = 3\n[[meter]]\nuri = \"cg+" + pv.uri +
                                     "\"\nrole = \"pvinverter\"\n");
    ASSERT_TRUE(service.process->wait_for_line("query: listening on UDP 127.0.0.1:"))
        << service.process->errors();
    const std::string listed = ask(service.port, "list", [](const std::string& text) {
        return text.find("grid/30 live") != std::string::npos &&
               text.find("pvinverter/30 live") != std::string::npos;
    });
    EXPECT_THAT(listed, StartsWith("1 \"Grid\" E0044000000000001 grid/30 live\n2 \""))
        << service.process->errors();
    const auto expect_answer = [&](const std::string& command, const char* form) {
        const std::regex wanted(form);
        const auto fits = [&](const std::string& text) { return std::regex_match(text, wanted); };
        const std::string answer = ask(service.port, command, fits);
        EXPECT_TRUE(fits(answer)) << command << ": " << answer << service.process->errors();
    };
    expect_answer("get Ac/Power", "-?[0-9]+\\.[0-9]+\n");
    expect_answer("get power BX1230010001S", "-?[0-9]+\\.[0-9]+\n");
    expect_answer("get 1-0:1.8.1 Grid", "[0-9.]+ kWh\n");
    EXPECT_THAT(ask(service.port, "telegram", any), StartsWith("/"));
    EXPECT_THAT(ask(service.port, "nonsense", any), StartsWith("error: unknown command"));
    grid.process->signal(SIGSTOP);
    EXPECT_EQ(ask_for(service.port, "get Ac/Power 1", "null"), "null\n");
    EXPECT_EQ(ask(service.port, "telegram 1", any), "null\n");
    EXPECT_THAT(ask(service.port, "power 1", any), StartsWith("Ac/Power=null\n"));
    EXPECT_THAT(ask(service.port, "list", any), HasSubstr("grid/30 lost\n"));
    grid.process->signal(SIGCONT);
    EXPECT_THAT(ask_for(service.port, "list", "grid/30 live"), HasSubstr("grid/30 live"));
    service.process->signal(SIGTERM);
    EXPECT_EQ(service.process->wait(), 0);
}

TEST(Share, ClientsFindTelegramsAsReadersOfTheMeterDo) {
    const Broker broker;
    const Folder folder;
    const SimulatedMeter meter("p1", "serial://" + folder.path("port"), {"--period", "0.2"});
    const int port = free_port();
    const RunningService service(broker, {"p1+" + meter.uri + "?share=" + std::to_string(port)},
                                 folder.path("state"));
    ASSERT_TRUE(service.process->wait_for_line("share listening on 127.0.0.1:")) << service.process->errors();
    const Result client =
        run({"sh", "-c", "timeout 5 socat -u TCP4:127.0.0.1:" + std::to_string(port) + " -"});
    // What dsmr_parser looks for: the line end is part of it.
    const std::regex telegram("/[^/]+?![A-F0-9]{4}\r\n");
    const auto begin = std::sregex_iterator(client.output.begin(), client.output.end(), telegram);
    EXPECT_GE(std::distance(begin, std::sregex_iterator()), 2) << client.output;
    EXPECT_THAT(client.output, StartsWith("/"));
    const Result again =
        run({"sh", "-c", "printf '%s' \"$0\" | " GRIDBRIDGE_PROGRAM " decode p1 -", client.output});
    EXPECT_THAT(again.output, HasSubstr("\"Ac/Power\""));
}

TEST(Share, APortInUseDoesNotEndTheMeter) {
    const Broker broker;
    const Folder folder;
    const SimulatedMeter meter("sml", "tcp://127.0.0.1:0");
    const RunningService service(broker, {"sml+" + meter.uri + "?share=" + std::to_string(broker.port())},
                                 folder.path("state"));
    EXPECT_TRUE(service.process->wait_for_line("set another port in share; trying again"))
        << service.process->errors();
    Subscriber subscriber(broker);
    EXPECT_TRUE(subscriber.newest("grid/30/Ac/Power"));
}

TEST(Statistics, ALineFromTimeToTime) {
    const Broker broker;
    const Folder folder;
    const SimulatedMeter meter("em24", "tcp://127.0.0.1:0");
    const QueriedService service(broker, folder, "[[meter]]\nuri = \"cg+" + meter.uri + "\"\n");
    ASSERT_TRUE(
        service.process->wait_for_line(" good, 0 rejected, 0 timeouts, 0 exceptions, 0 bytes skipped"))
        << service.process->errors();
    EXPECT_TRUE(service.process->wait_for_line("; since start: "));
}

TEST(ExitAfter, EndsInOrderWithZero) {
    const Broker broker;
    const Folder folder;
    const SimulatedMeter meter("em24", "tcp://127.0.0.1:0");
    folder.write("gridbridge.toml", config_head(folder) + "exit_after = 0.0015\n[mqtt]\nservers = [\"" +
                                        broker.url() + "\"]\n[[meter]]\nuri = \"cg+" + meter.uri + "\"\n");
    Subscriber subscriber(broker);
    Process service({GRIDBRIDGE_PROGRAM, "run", "--config", folder.path("gridbridge.toml")});
    ASSERT_TRUE(subscriber.newest("grid/30/Ac/Power")) << service.errors();
    EXPECT_EQ(service.wait(), 0) << service.errors();
    EXPECT_THAT(service.errors(), HasSubstr("exit_after has elapsed"));
    EXPECT_TRUE(subscriber.wait_for("N/p/grid/30/Ac/Power", ""));
    EXPECT_TRUE(subscriber.wait_for("gridbridge/p/status", "offline"));
}

TEST(CheckConfig, ListenFormsAndTimes) {
    const Folder folder;
    const auto check = [&](const std::string& text) {
        folder.write("c.toml", text);
        return gridbridge({"check-config", "--config", folder.path("c.toml")});
    };
    const std::string meter = "[[meter]]\nuri = \"p1+tcp://d:1\"\n";
    const Result good =
        check("portal_id = \"p\"\nexit_after = 0.5\nstats_interval = 0\n[query]\nlisten = \":8481\"\n" +
              meter + "share = \"3240\"\nshare_raw = true\n");
    EXPECT_EQ(good.exit_code, 0) << good.errors;
    EXPECT_THAT(good.output,
                AllOf(HasSubstr("exit_after = 0.5\n"), HasSubstr("stats_interval = 0\n"),
                      HasSubstr("listen = \"127.0.0.1:8481\""), HasSubstr("share = \"127.0.0.1:3240\"")));
    EXPECT_EQ(check(good.output).output, good.output) << "what it prints is a configuration";
    const Result bad = check("exit_after = -1\nstats_interval = 2000\n[query]\nlisten = \"here\"\n" + meter +
                             "share = \"there:1\"\n[[meter]]\nuri = \"cg+tcp://d?share=3240\"\n");
    EXPECT_EQ(bad.exit_code, 78);
    EXPECT_THAT(bad.errors,
                AllOf(HasSubstr("c.toml:1: \"exit_after\""), HasSubstr("c.toml:2: \"stats_interval\""),
                      HasSubstr("c.toml:4: \"listen\": \"here\" must be port"),
                      HasSubstr("\"share\": \"there:1\" must be port"), HasSubstr("does not use \"share\"")));
    const Result twice = check("[[meter]]\nuri = \"p1+tcp://d:1?share=3240\"\n[[meter]]\n"
                               "uri = \"p1+tcp://d:2?share=127.0.0.1:3240\"\n");
    EXPECT_EQ(twice.exit_code, 78);
    EXPECT_THAT(twice.errors, HasSubstr("is taken by p1+tcp://d:1: set another port"));
}

} // namespace
} // namespace gridbridge::testing_support
