// A program with a sink is killed again and again, and so is what it sends to.
#include "drivers/text/text.hpp"
#include "tests/app/sinks/http_end.hpp"
#include "tests/app/sinks/sink_folder.hpp"
#include "tests/app/sinks/sink_marks.hpp"
#include "tests/fakes/free_port.hpp"

#include <gtest/gtest.h>

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <map>
#include <mutex>
#include <random>
#include <set>
#include <thread>

#include <spawn.h>

namespace gridbridge {
namespace {

struct Child {
    pid_t pid = -1;
    int input = -1; // its end
};

Child start(const std::vector<std::string>& arguments) {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
        throw std::runtime_error("no pipe");
    }
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[0], STDIN_FILENO);
    std::vector<char*> pointers;
    for (const std::string& argument : arguments) {
        pointers.push_back(const_cast<char*>(argument.c_str()));
    }
    pointers.push_back(nullptr);
    Child child;
    ::posix_spawn(&child.pid, pointers[0], &actions, nullptr, pointers.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    ::close(ends[0]);
    child.input = ends[1];
    return child;
}

int end_of(const Child& child) {
    int status = 0;
    ::waitpid(child.pid, &status, 0);
    ::close(child.input);
    return status;
}

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    for (const std::string_view line : split(text, '\n')) {
        lines.emplace_back(line);
    }
    return lines;
}

// A store that fails in every way it can, and keeps what a real one would have written.
class BadStore {
  public:
    std::string answer(const HttpAsked& asked) {
        const std::lock_guard lock(mutex_);
        const auto kind = is_healthy_ ? 99U : random_() % 12;
        if (kind == 0) {
            return "hang"; // it was killed before it kept anything
        }
        if (kind == 1) {
            return "";
        }
        if (kind == 2) {
            return http_answer(503);
        }
        for (const std::string_view line : split(asked.lines, '\n')) {
            if (!line.empty()) {
                ++points_[std::string(line)];
                if (kind == 3 && random_() % 4 == 0) { // killed in the middle
                    return "";
                }
            }
        }
        if (kind == 4) {
            return ""; // after it kept them
        }
        if (kind == 5) {
            return "HTTP/1.1 204 No Con";
        }
        return http_answer(kind == 6 ? 500 : 204);
    }
    bool accepts() {
        const std::lock_guard lock(mutex_);
        return is_healthy_ || random_() % 8 != 0;
    }
    void heal() {
        const std::lock_guard lock(mutex_);
        is_healthy_ = true;
    }
    std::map<std::string, int> points() const {
        const std::lock_guard lock(mutex_);
        return points_;
    }

  private:
    mutable std::mutex mutex_;
    std::minstd_rand random_{1};
    bool is_healthy_ = false;
    std::map<std::string, int> points_; // how often each came
};

std::uint32_t number_of(const std::string& line) {
    return static_cast<std::uint32_t>(std::stoul(line.substr(line.find("n=") + 2)));
}

// A program that is started and killed, and what it leaves.
class KilledSink {
  public:
    explicit KilledSink(std::uint16_t port)
        : board_path_(folder_.path() + "-board"),
          board_(make_parent(board_path_)), arguments_{GRIDBRIDGE_SINK_CHILD, folder_.path(),
                                                       std::to_string(port), board_path_} {}

    // Not before it has done something, and then at any moment.
    void live() {
        const std::uint32_t before = board_.marks().made;
        const Child child = start(arguments_);
        const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(60);
        while (board_.marks().made == before && std::chrono::steady_clock::now() < until) {
            std::this_thread::sleep_for(std::chrono::microseconds(200));
        }
        std::this_thread::sleep_for(std::chrono::microseconds(random_() % 40'000));
        ::kill(child.pid, SIGKILL);
        EXPECT_TRUE(WIFSIGNALED(end_of(child))) << "it has ended by itself";
    }
    // A last time, until everything is sent.
    void finish() {
        Child last = start(arguments_);
        ::close(std::exchange(last.input, ::dup(STDERR_FILENO)));
        EXPECT_EQ(end_of(last), 0) << "it could not send what was left";
    }
    // By number of a point, what the store has of it: one that is doubled has two times.
    void judge(const std::map<std::uint32_t, std::set<std::string>>& stored, const std::string& what) {
        std::uint64_t queued = 0;
        std::uint64_t lost = 0;
        std::uint64_t doubled = 0;
        std::set<std::uint64_t> keys;
        for (std::uint32_t number = 1; number <= board_.marks().made; ++number) {
            const auto found = stored.find(number);
            if (const std::uint64_t seq = board_.marks().seq.at(number); seq != 0) {
                ++queued;
                EXPECT_TRUE(keys.insert(seq).second) << "two points have the key " << seq;
                lost += found == stored.end() ? 1U : 0U;
            }
            doubled += found != stored.end() && found->second.size() > 1 ? 1U : 0U;
        }
        std::cout << "[ measured ] " << what << ": " << queued << " points queued, " << lost << " lost, "
                  << doubled << " doubled\n";
        EXPECT_GT(queued, 100U);
        EXPECT_EQ(lost, 0U);
        EXPECT_EQ(doubled, 0U);
    }

  private:
    static const std::string& make_parent(const std::string& path) {
        std::filesystem::create_directories(std::filesystem::path(path).parent_path());
        return path;
    }
    SinkFolder folder_;
    std::string board_path_;
    SinkMarksFile board_;
    std::vector<std::string> arguments_;
    std::minstd_rand random_{std::random_device{}()};
};

int long_or(int most, int usual) {
    return std::getenv("GRIDBRIDGE_LONG_TESTS") != nullptr ? most : usual; // NOLINT(concurrency-mt-unsafe)
}

TEST(SinkKill, NoPointIsLostOrDoubled) {
    const int kills = long_or(1000, 200);
    BadStore store;
    HttpEnd end([&](const HttpAsked& asked) { return store.answer(asked); }, [&] { return store.accepts(); });
    KilledSink sink(end.port());
    for (int i = 0; i < kills; ++i) {
        sink.live();
    }
    store.heal();
    sink.finish();
    std::map<std::uint32_t, std::set<std::string>> stored;
    std::uint64_t repeated = 0;
    for (const auto& [line, count] : store.points()) {
        stored[number_of(line)].insert(line);
        repeated += static_cast<std::uint64_t>(count - 1);
    }
    std::cout << "[ measured ] " << repeated << " points came again, as they were\n";
    sink.judge(stored, std::to_string(kills) + " kills");
}

// Debian's InfluxDB 1.6, which is killed too.
class RealInflux {
  public:
    static constexpr const char* program = "/usr/bin/influxd";

    RealInflux() : port_(free_port()) {
        std::filesystem::create_directories(folder_.path());
        const auto quoted = [](const std::string& text) { return "\"" + text + "\"\n"; };
        std::ofstream(folder_.path() + "/conf")
            << "reporting-disabled = true\nbind-address = "
            << quoted("127.0.0.1:" + std::to_string(free_port())) << "[logging]\nlevel = \"error\"\n"
            << "[meta]\ndir = " << quoted(folder_.path() + "/meta")
            << "[data]\ndir = " << quoted(folder_.path() + "/data")
            << "wal-dir = " << quoted(folder_.path() + "/wal")
            << "[http]\nlog-enabled = false\nbind-address = " << quoted("127.0.0.1:" + std::to_string(port_));
        begin();
        wait();
        ask("CREATE DATABASE gridbridge");
    }
    RealInflux(const RealInflux&) = delete;
    RealInflux& operator=(const RealInflux&) = delete;
    ~RealInflux() { kill(); }

    std::uint16_t port() const { return port_; }
    void begin() { child_ = start({program, "-config", folder_.path() + "/conf"}); }
    void kill() {
        ::kill(child_.pid, SIGKILL);
        end_of(child_);
    }
    void wait() const {
        const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(60);
        while (ask("SHOW DATABASES").empty() && std::chrono::steady_clock::now() < until) {
            std::this_thread::sleep_for(std::chrono::milliseconds(50));
        }
    }
    std::string ask(const std::string& query) const {
        const std::string command = "influx -host 127.0.0.1 -port " + std::to_string(port_) +
                                    " -database gridbridge -format csv -precision ms -execute '" + query +
                                    "' 2>/dev/null";
        FILE* const output = ::popen(command.c_str(), "r");
        std::string text;
        std::array<char, 65536> part{};
        while (const std::size_t size = std::fread(part.data(), 1, part.size(), output)) {
            text.append(part.data(), size);
        }
        ::pclose(output);
        return text;
    }

  private:
    SinkFolder folder_;
    std::uint16_t port_;
    Child child_;
};

TEST(SinkKill, InfluxDbHasEachPointOnce) {
    if (!std::filesystem::exists(RealInflux::program)) {
        GTEST_SKIP()
            << "SKIPPED: this machine has no InfluxDB (Debian packages influxdb and influxdb-client)";
    }
    const int rounds = long_or(100, 4);
    constexpr int lives = 10; // of the sink, per life of the store
    RealInflux store;
    KilledSink sink(store.port());
    for (int i = 0; i < rounds; ++i) {
        for (int j = 0; j < lives; ++j) {
            if (j == lives / 2) {
                store.kill();
            }
            sink.live();
        }
        store.begin();
    }
    store.wait();
    sink.finish();
    std::map<std::uint32_t, std::set<std::string>> stored;
    for (const std::string& line : lines_of(store.ask("SELECT n FROM m"))) { // "m,time,n"
        const auto parts = split(line, ',');
        if (parts.size() == 3 && parts[1] != "time") {
            stored[static_cast<std::uint32_t>(std::stoul(std::string(parts[2])))].insert(line);
        }
    }
    sink.judge(stored, std::to_string(rounds * lives) + " kills of the sink, " + std::to_string(rounds) +
                           " of InfluxDB");
}

} // namespace
} // namespace gridbridge
