// What the service manager hears, with a NOTIFY_SOCKET of our own.
#include "tests/fakes/free_port.hpp"
#include "tests/integration/support.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <csignal>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <stdexcept>

#include <poll.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

namespace gridbridge::testing_support {
namespace {

using testing::HasSubstr;
using namespace std::chrono_literals;

class NotifySocket {
  public:
    explicit NotifySocket(const std::string& path)
        : socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        path.copy(address.sun_path, sizeof address.sun_path - 1);
        auto size = static_cast<socklen_t>(sizeof address);
        if (path.front() == '@') { // abstract: all bytes of the address are its name
            address.sun_path[0] = '\0';
            size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size());
        }
        if (bind(socket_, reinterpret_cast<const sockaddr*>(&address), size) != 0) {
            throw std::runtime_error("no notify socket at " + path);
        }
    }
    ~NotifySocket() { close(socket_); }
    NotifySocket(const NotifySocket&) = delete;
    NotifySocket& operator=(const NotifySocket&) = delete;

    // The next message, or nothing within the time.
    std::string next(std::chrono::milliseconds limit = patience) {
        pollfd ready{socket_, POLLIN, 0};
        if (poll(&ready, 1, static_cast<int>(limit.count())) != 1) {
            return {};
        }
        std::array<char, 4096> buffer{};
        const ssize_t size = recv(socket_, buffer.data(), buffer.size(), 0);
        const std::string text(buffer.data(), size < 0 ? 0 : static_cast<std::size_t>(size));
        all_ += text + "\n--\n";
        return text;
    }
    bool wait_for(const std::string& part) {
        const auto deadline = std::chrono::steady_clock::now() + patience;
        while (std::chrono::steady_clock::now() < deadline) {
            if (next(1s).find(part) != std::string::npos) {
                return true;
            }
        }
        return false;
    }
    std::size_t count(const std::string& part) const {
        std::size_t found = 0;
        for (auto at = all_.find(part); at != std::string::npos; at = all_.find(part, at + 1)) {
            ++found;
        }
        return found;
    }
    const std::string& all() const { return all_; }

  private:
    int socket_;
    std::string all_;
};

// One thread of another process, held by the kernel as a debugger does it; the others run on.
class HeldThread {
  public:
    explicit HeldThread(int tid) : tid_(tid) {
        held_ = ptrace(PTRACE_SEIZE, tid, nullptr, nullptr) == 0 &&
                ptrace(PTRACE_INTERRUPT, tid, nullptr, nullptr) == 0 && waitpid(tid, nullptr, __WALL) == tid;
    }
    ~HeldThread() { release(); }
    HeldThread(const HeldThread&) = delete;
    HeldThread& operator=(const HeldThread&) = delete;
    bool held() const { return held_; }
    void release() {
        if (held_) {
            ptrace(PTRACE_DETACH, tid_, nullptr, nullptr);
        }
        held_ = false;
    }

  private:
    int tid_;
    bool held_ = false;
};

// The children of this process that are the program, and their threads by name.
int thread_of_child(const std::string& name) {
    for (const auto& process : std::filesystem::directory_iterator("/proc")) {
        std::ifstream status(process.path() / "status");
        std::string text(std::istreambuf_iterator<char>(status), {});
        if (text.find("\nPPid:\t" + std::to_string(getpid()) + "\n") == std::string::npos) {
            continue;
        }
        std::error_code gone;
        for (const auto& task : std::filesystem::directory_iterator(process.path() / "task", gone)) {
            std::ifstream comm(task.path() / "comm");
            std::string found;
            std::getline(comm, found);
            if (found == name) {
                return std::stoi(task.path().filename());
            }
        }
    }
    return 0;
}

struct NotifyingService {
    NotifyingService(const Broker& broker, const Folder& folder, const std::vector<std::string>& meters,
                     const std::string& socket = "") {
        std::vector<std::string> command{"env",
                                         "NOTIFY_SOCKET=" + (socket.empty() ? folder.path("notify") : socket),
                                         "WATCHDOG_USEC=2000000",
                                         "GRIDBRIDGE_STATUS_LISTEN=127.0.0.1:" + std::to_string(free_port()),
                                         GRIDBRIDGE_PROGRAM,
                                         "run",
                                         "--mqtt",
                                         broker.url(),
                                         "--portal-id",
                                         "p",
                                         "--state-dir",
                                         folder.path("state")};
        for (const std::string& meter : meters) {
            command.insert(command.end(), {"--meter", meter});
        }
        process = std::make_unique<Process>(std::move(command));
    }
    std::unique_ptr<Process> process;
};

TEST(Watchdog, ReadyOnceAliveAgainAndAgainAndOrderlyEnd) {
    const Broker broker;
    const Folder folder;
    NotifySocket manager(folder.path("notify"));
    const SimulatedMeter meter("em24", "tcp://127.0.0.1:0");
    const NotifyingService service(broker, folder, {"cg+" + meter.uri});
    ASSERT_TRUE(manager.wait_for("READY=1")) << service.process->errors();
    for (int i = 0; i < 4; ++i) {
        ASSERT_TRUE(manager.wait_for("WATCHDOG=1")) << manager.all();
    }
    EXPECT_TRUE(manager.count("STATUS=healthy, 1 meter(s)") > 0 || manager.wait_for("STATUS=healthy"))
        << manager.all();
    EXPECT_EQ(manager.count("READY=1"), 1U);
    service.process->signal(SIGHUP);
    EXPECT_TRUE(manager.wait_for("RELOADING=1\nMONOTONIC_USEC="));
    EXPECT_TRUE(manager.wait_for("READY=1")) << "the protocol asks for it after each reload";
    service.process->signal(SIGTERM);
    EXPECT_TRUE(manager.wait_for("STOPPING=1"));
    EXPECT_EQ(service.process->wait(), 0);
}

TEST(Watchdog, ASocketOfTheAbstractSpaceIsSpokenTo) {
    const Broker broker;
    const Folder folder;
    const std::string name = "@gridbridge-test-" + std::to_string(getpid());
    NotifySocket manager(name);
    const SimulatedMeter meter("em24", "tcp://127.0.0.1:0");
    const NotifyingService service(broker, folder, {"cg+" + meter.uri}, name);
    EXPECT_TRUE(manager.wait_for("READY=1")) << service.process->errors();
}

// One driver thread is held by the kernel while its neighbours, the publisher and the main thread run on: the
// watchdog must notice, as nothing else does.
TEST(Watchdog, AHeldDriverThreadStopsTheFeeding) {
    const Broker broker;
    const Folder folder;
    NotifySocket manager(folder.path("notify"));
    const SimulatedMeter one("em24", "tcp://127.0.0.1:0");
    const SimulatedMeter two("sml", "tcp://127.0.0.1:0");
    const NotifyingService service(broker, folder, {"cg+" + one.uri, "sml+" + two.uri});
    ASSERT_TRUE(manager.wait_for("STATUS=healthy")) << manager.all() << service.process->errors();
    const int tid = thread_of_child("driver 2");
    ASSERT_NE(tid, 0); // the bus: it waits for milliseconds, a stream up to 35 s
    HeldThread held(tid);
    if (!held.held()) {
        GTEST_SKIP() << "ptrace is not allowed here: that a stuck driver stops the watchdog is NOT checked";
    }
    ASSERT_TRUE(manager.wait_for("is stuck: no longer feeding the watchdog")) << manager.all();
    const std::size_t fed = manager.count("WATCHDOG=1");
    static_cast<void>(manager.next(5s)); // five times the interval
    EXPECT_EQ(manager.count("WATCHDOG=1"), fed) << manager.all();
    EXPECT_THAT(service.process->errors(), HasSubstr("is stuck"));
    held.release();
    EXPECT_TRUE(manager.wait_for("WATCHDOG=1")) << "it is back";
}

} // namespace
} // namespace gridbridge::testing_support
