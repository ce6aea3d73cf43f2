// Health and metrics of the running service, and the verb that asks for them.
#include "app/servers/status_server.hpp"
#include "drivers/text/endpoint.hpp"
#include "tests/fakes/free_port.hpp"
#include "tests/integration/support.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <csignal>

#include <netinet/in.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

namespace gridbridge::testing_support {
namespace {

using testing::HasSubstr;

struct ObservedService {
    ObservedService(const Broker& broker, const Folder& folder, std::vector<std::string> uris,
                    std::vector<std::string> command = {})
        : folder_(folder), broker_(broker), uris_(std::move(uris)) {
        write(port);
        for (const std::string& argument :
             {std::string(GRIDBRIDGE_PROGRAM), std::string("run"), std::string("--config"), config()}) {
            command.push_back(argument);
        }
        process = std::make_unique<Process>(command);
    }
    std::string config() const { return folder_.path("gridbridge.toml"); }
    void write(int listen) const {
        std::string text = "portal_id = \"p\"\nstate_dir = \"" + folder_.path("state") +
                           "\"\n[mqtt]\nservers = [\"" + broker_.url() +
                           "\"]\n[status]\nlisten = \"127.0.0.1:" + std::to_string(listen) + "\"\n";
        for (const std::string& uri : uris_) {
            text += "[[meter]]\nuri = \"" + uri + "\"\nstale_after = 3\n";
        }
        folder_.write("gridbridge.toml", text);
    }
    Result health() const { return gridbridge({"health", "--config", config()}); }
    // The first answer with this exit code; else the last.
    Result health(int exit_code) const {
        const auto deadline = std::chrono::steady_clock::now() + patience;
        Result result = health();
        while (result.exit_code != exit_code && std::chrono::steady_clock::now() < deadline) {
            result = health();
        }
        return result;
    }

    int port = free_port();
    std::unique_ptr<Process> process;

  private:
    const Folder& folder_;
    const Broker& broker_;
    std::vector<std::string> uris_;
};

Endpoint at(int port) {
    return {"127.0.0.1", static_cast<std::uint16_t>(port)};
}

// Ends of connections that say nothing.
class IdleClients {
  public:
    explicit IdleClients(int port) : port_(port) {}
    IdleClients(const IdleClients&) = delete;
    IdleClients& operator=(const IdleClients&) = delete;
    ~IdleClients() {
        for (const int socket : sockets_) {
            ::close(socket);
        }
    }
    void connect(int count) {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_port = htons(static_cast<std::uint16_t>(port_));
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        const void* const any = &address;
        for (int i = 0; i < count; ++i) {
            sockets_.push_back(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
            ASSERT_EQ(::connect(sockets_.back(), static_cast<const sockaddr*>(any), sizeof address), 0);
        }
    }

  private:
    int port_;
    std::vector<int> sockets_;
};

// Accepts a connection and says nothing.
class SilentPeer {
  public:
    SilentPeer() {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        void* const any = &address;
        auto* const generic = static_cast<sockaddr*>(any);
        socklen_t size = sizeof address;
        static_cast<void>(::bind(listening_, generic, size));
        ::listen(listening_, 1);
        ::getsockname(listening_, generic, &size);
        port_ = ntohs(address.sin_port);
    }
    SilentPeer(const SilentPeer&) = delete;
    SilentPeer& operator=(const SilentPeer&) = delete;
    ~SilentPeer() {
        ::close(accepted_);
        ::close(listening_);
    }
    int port() const { return port_; }
    bool is_connected() {
        pollfd ready{listening_, POLLIN, 0};
        const auto limit = std::chrono::duration_cast<std::chrono::milliseconds>(patience);
        if (accepted_ < 0 && ::poll(&ready, 1, static_cast<int>(limit.count())) == 1) {
            accepted_ = ::accept4(listening_, nullptr, nullptr, SOCK_CLOEXEC);
        }
        return accepted_ >= 0;
    }

  private:
    int listening_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int accepted_ = -1;
    int port_ = 0;
};

TEST(Status, IdleClientsLeaveDescriptorsForMetersAndBroker) {
    Broker broker;
    const Folder folder;
    SimulatedMeter grid("p1", "tcp://127.0.0.1:0");
    const ObservedService service(broker, folder, {"p1+" + grid.uri});
    ASSERT_EQ(service.health(0).exit_code, 0) << service.process->errors();
    const rlimit few{128, 128};
    ASSERT_EQ(::prlimit(service.process->pid(), RLIMIT_NOFILE, &few, nullptr), 0);
    IdleClients idle(service.port);
    idle.connect(300);
    broker.kill();
    EXPECT_EQ(service.health(69).exit_code, 69) << "answered beside them";
    broker.start();
    idle.connect(100);
    EXPECT_EQ(service.health(0).exit_code, 0) << service.process->errors();
    EXPECT_THAT(service.process->errors(), testing::Not(HasSubstr("Too many open files")));
}

// Each of these meters has a connection, and a descriptor.
TEST(Status, IsAnsweredBesideSixHundredMeters) {
    const Broker broker;
    const Folder folder;
    std::vector<SilentPeer> peers(600);
    std::vector<std::string> uris;
    uris.reserve(peers.size());
    for (const SilentPeer& peer : peers) {
        uris.push_back("p1+tcp://127.0.0.1:" + std::to_string(peer.port()));
    }
    const ObservedService service(broker, folder, uris, {"sh", "-c", "ulimit -S -n 512; exec \"$@\"", "sh"});
    EXPECT_TRUE(std::all_of(peers.begin(), peers.end(), [](SilentPeer& peer) { return peer.is_connected(); }))
        << service.process->errors();
    EXPECT_EQ(service.health(69).exit_code, 69) << service.process->errors();
    EXPECT_EQ(fetch_status_page(at(service.port), "/health").code, 503);
    EXPECT_EQ(fetch_status_page(at(service.port), "/metrics").code, 200);
    EXPECT_THAT(service.process->errors(), testing::Not(HasSubstr("Too many open files")));
}

TEST(Status, TurnsRedWithASilentMeterAndGreenAgain) {
    const Broker broker;
    const Folder folder;
    const SimulatedMeter grid("p1", "tcp://127.0.0.1:0");
    const SimulatedMeter pv("em24", "tcp://127.0.0.1:0");
    const ObservedService service(broker, folder, {"p1+" + grid.uri, "cg+" + pv.uri});
    const Result good = service.health(0);
    ASSERT_EQ(good.exit_code, 0) << good.errors << service.process->errors();
    EXPECT_EQ(good.output, "healthy\n");
    EXPECT_EQ(fetch_status_page(at(service.port), "/health").code, 200);
    grid.process->signal(SIGSTOP);
    const Result bad = service.health(69);
    EXPECT_EQ(bad.exit_code, 69);
    EXPECT_THAT(bad.errors, HasSubstr("p1+" + grid.uri + ": no reading for "));
    const StatusPage page = fetch_status_page(at(service.port), "/health");
    EXPECT_EQ(page.code, 503);
    const auto json = nlohmann::json::parse(page.body);
    EXPECT_EQ(json["status"], "degraded");
    EXPECT_EQ(json["meters"][0]["state"], "lost");
    EXPECT_EQ(json["meters"][2]["state"], "live") << "behind the gas meter of the first";
    EXPECT_GT(json["meters"][2]["round_trip_us"], 0);
    const std::string metrics = fetch_status_page(at(service.port), "/metrics").body;
    EXPECT_THAT(metrics, HasSubstr("gridbridge_meter_up{serial=\"E0044000000000001\",role=\"grid\"} 0\n"));
    EXPECT_EQ(metrics.find("gridbridge_meter_power_watts{serial=\"E0044000000000001\""), std::string::npos);
    EXPECT_THAT(metrics, HasSubstr("gridbridge_meter_power_watts{serial=\"BX1230010001S\",role=\"grid\"} "));
    EXPECT_THAT(metrics, HasSubstr("gridbridge_meter_poll_seconds_count{serial=\"BX1230010001S\""));
    grid.process->signal(SIGCONT);
    EXPECT_EQ(service.health(0).exit_code, 0) << service.process->errors();
}

TEST(Status, ABrokerThatIsAwayIsSaid) {
    Broker broker;
    const Folder folder;
    const SimulatedMeter meter("em24", "tcp://127.0.0.1:0");
    const ObservedService service(broker, folder, {"cg+" + meter.uri});
    ASSERT_EQ(service.health(0).exit_code, 0) << service.process->errors();
    broker.kill();
    EXPECT_THAT(service.health(69).errors, HasSubstr("broker " + broker.url() + ": not connected: "));
    broker.start();
    EXPECT_EQ(service.health(0).exit_code, 0);
}

TEST(Status, AnotherPortAfterSighup) {
    const Broker broker;
    const Folder folder;
    const SimulatedMeter meter("em24", "tcp://127.0.0.1:0");
    const ObservedService service(broker, folder, {"cg+" + meter.uri});
    ASSERT_EQ(service.health(0).exit_code, 0) << service.process->errors();
    const int other = free_port();
    service.write(other);
    service.process->signal(SIGHUP);
    EXPECT_EQ(service.health(0).exit_code, 0) << service.process->errors();
    EXPECT_EQ(fetch_status_page(at(service.port), "/health").code, 0) << "the old one is closed";
    EXPECT_EQ(fetch_status_page(at(other), "/health").code, 200);
    service.process->signal(SIGTERM);
    EXPECT_EQ(service.process->wait(), 0);
}

TEST(Status, APortInUseDoesNotEndTheService) {
    const Broker broker;
    const Folder folder;
    const SimulatedMeter meter("em24", "tcp://127.0.0.1:0");
    ObservedService service(broker, folder, {"cg+" + meter.uri});
    ASSERT_EQ(service.health(0).exit_code, 0) << service.process->errors();
    service.write(broker.port());
    service.process->signal(SIGHUP);
    EXPECT_TRUE(service.process->wait_for_line(
        "in use by another program: stop it or set another port in [status] listen"));
    Subscriber subscriber(broker);
    EXPECT_TRUE(subscriber.newest("grid/30/Ac/Power")) << service.process->errors();
    EXPECT_EQ(service.health().exit_code, 69) << "it is not gridbridge that answers there";
}

TEST(Status, HealthWithoutAServiceSaysWhy) {
    const Folder folder;
    const std::string port = std::to_string(free_port());
    folder.write("c.toml", "[status]\nlisten = \"" + port + "\"\n");
    const Result nobody = gridbridge({"health", "--config", folder.path("c.toml")});
    EXPECT_EQ(nobody.exit_code, 69);
    EXPECT_THAT(nobody.errors, HasSubstr("127.0.0.1:" + port + ": nobody listens"));
    folder.write("off.toml", "[status]\nlisten = \"\"\n");
    const Result off = gridbridge({"health", "--config", folder.path("off.toml")});
    EXPECT_EQ(off.exit_code, 69);
    EXPECT_THAT(off.errors, HasSubstr("[status] listen is off"));
    EXPECT_EQ(gridbridge({"health", "--config", folder.path("none.toml")}).exit_code, 78);
}

} // namespace
} // namespace gridbridge::testing_support
