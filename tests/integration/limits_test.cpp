// Time and memory of the program as it is shipped: the release build, as sanitizers change both.
#include "app/simulate/p1_telegram.hpp"
#include "app/simulate/sml_telegram.hpp"
#include "tests/fakes/free_port.hpp"
#include "tests/integration/corpus.hpp"
#include "tests/integration/support.hpp"

#include <gtest/gtest.h>

#include <asio/io_context.hpp>
#include <asio/ip/tcp.hpp>
#include <asio/write.hpp>

#include <algorithm>
#include <csignal>
#include <limits>
#include <thread>

namespace gridbridge::testing_support {
namespace {

std::string release_program() {
    const char* const chosen = std::getenv("GRIDBRIDGE_RELEASE_PROGRAM");
    return chosen == nullptr ? GRIDBRIDGE_SOURCE_DIR "/build/release/gridbridge" : chosen;
}

class Limits : public testing::Test {
  protected:
    void SetUp() override {
        if (!std::filesystem::exists(release_program())) {
            GTEST_SKIP() << "SKIPPED: no release build at " << release_program()
                         << ": cmake --preset release && cmake --build --preset release";
        }
    }
};

struct Usage {
    int exit_code = -1;
    double seconds = 0; // of the processor, user and system: the machine may be busy
    long peak_kb = 0;   // resident
};

// By GNU time: a child forked from here would begin with the memory of this program as its peak.
Usage decode(const Folder& folder, const std::string& dialect, const std::string& file) {
    Usage usage;
    usage.exit_code = run({"/usr/bin/time", "-q", "-f", "%U %S %M", "-o", folder.path("usage"),
                           release_program(), "decode", dialect, file})
                          .exit_code;
    double user = 0;
    double system = 0;
    std::ifstream(folder.path("usage")) >> user >> system >> usage.peak_kb;
    usage.seconds = user + system;
    EXPECT_GT(usage.peak_kb, 0) << "/usr/bin/time is missing";
    return usage;
}

TEST_F(Limits, EveryCapturedAndHostileFileDecodesWithin2SecondsAnd32MiB) {
    if (!std::filesystem::exists(corpus())) {
        GTEST_SKIP() << "SKIPPED: no corpus at " << corpus() << ": set GRIDBRIDGE_CORPUS";
    }
    const Folder folder;
    for (const std::string dialect : {"p1", "sml", "d0-ascii"}) {
        std::size_t files = 0;
        Usage most;
        for (const auto& entry : std::filesystem::directory_iterator(corpus() / dialect)) {
            const auto& path = entry.path();
            if (path.extension() != ".txt" && path.extension() != ".bin") {
                continue;
            }
            for (const std::string& named : {dialect.substr(0, dialect.find('-')), std::string("auto")}) {
                const Usage usage = decode(folder, named, path);
                EXPECT_EQ(usage.exit_code, 0) << path;
                EXPECT_LE(usage.seconds, 2.0) << path << " as " << named;
                EXPECT_LE(usage.peak_kb, 32 * 1024) << path << " as " << named;
                most.seconds = std::max(most.seconds, usage.seconds);
                most.peak_kb = std::max(most.peak_kb, usage.peak_kb);
            }
            ++files;
        }
        EXPECT_GT(files, 20U);
        std::printf("[ MEASURE  ] %s: %zu files, each at most %.2f s of processor time and %.1f MiB\n",
                    dialect.c_str(), files, most.seconds, static_cast<double>(most.peak_kb) / 1024);
    }
}

// A meter that sends as fast as it is read.
class FastMeter {
  public:
    int port() { return acceptor_.local_endpoint().port(); }
    void accept() { acceptor_.accept(socket_); }
    void send(const std::string& bytes) { asio::write(socket_, asio::buffer(bytes)); }

  private:
    asio::io_context io_;
    asio::ip::tcp::acceptor acceptor_{io_, asio::ip::tcp::endpoint(asio::ip::address_v4::loopback(), 0)};
    asio::ip::tcp::socket socket_{io_};
};

std::string telegram_text(const std::string& dialect, int number) {
    const SimulatedValues values = simulate_values(number);
    if (dialect == "p1") {
        return p1_telegram(values);
    }
    const auto bytes = sml_telegram(values);
    return {bytes.begin(), bytes.end()};
}

// A line of the status of a process, "VmRSS".
long memory_kb(const std::string& pid, const std::string& name) {
    std::ifstream status("/proc/" + pid + "/status");
    for (std::string word; status >> word;) {
        if (word == name + ":") {
            long kilobytes = 0;
            status >> kilobytes;
            return kilobytes;
        }
    }
    return 0;
}

class Growth : public Limits, public testing::WithParamInterface<const char*> {};

TEST_P(Growth, NoneOver36000TelegramsAsFastAsPossible) {
    constexpr int batch = 7200;
    constexpr int batches = 5;
    constexpr long allowed_kb = 128; // a leak of 18 bytes per telegram
    const std::string dialect = GetParam();
    const Broker broker;
    const Folder folder;
    FastMeter meter;
    const int query = free_port();
    folder.write("c.toml", "portal_id = \"p\"\nstate_dir = \"" + folder.path("state") +
                               "\"\n[mqtt]\nservers = [\"" + broker.url() + "\"]\n[query]\nlisten = \":" +
                               std::to_string(query) + "\"\n[[meter]]\nuri = \"" + dialect +
                               "+tcp://127.0.0.1:" + std::to_string(meter.port()) + "\"\n");
    Process service({"sh", "-c", "echo pid $$; exec \"$@\"", "sh", release_program(), "run", "--config",
                     folder.path("c.toml")});
    const auto said = service.wait_for_line("pid ");
    ASSERT_TRUE(said) << service.errors();
    meter.accept();
    const auto feed = [&](int from, int to) {
        for (int number = from; number < to; ++number) {
            meter.send(telegram_text(dialect, number));
        }
        const std::string wanted = std::to_string(to) + " good";
        std::string answer;
        const auto deadline = std::chrono::steady_clock::now() + patience;
        while (answer.find(wanted) == std::string::npos && std::chrono::steady_clock::now() < deadline) {
            answer = run({"sh", "-c",
                          "printf statistics | socat -t 0.5 - UDP4:127.0.0.1:" + std::to_string(query)})
                         .output;
        }
        EXPECT_NE(answer.find(wanted), std::string::npos) << answer << service.errors();
        return memory_kb(said->substr(4), "VmRSS");
    };
    // What is bounded (the last minute, incidents, history) is filled in one batch or another and shows there
    // as a step; a leak shows in each.
    long least = std::numeric_limits<long>::max();
    long before = feed(0, batch);
    ASSERT_GT(before, 0);
    for (int number = 1; number < batches; ++number) {
        const long resident = feed(number * batch, (number + 1) * batch);
        std::printf("[ MEASURE  ] %s: %ld, then %ld kB resident after %d telegrams\n", dialect.c_str(),
                    before, resident, (number + 1) * batch);
        least = std::min(least, resident - before);
        before = resident;
    }
    EXPECT_LE(least, allowed_kb);
}

TEST_F(Limits, ReloadsLeaveNoMemoryBehind) {
    constexpr int batch = 25;
    constexpr long allowed_kb = 128;
    const Broker broker;
    const Folder folder;
    const auto write_config = [&](int number) {
        std::string text = "portal_id = \"p\"\nstate_dir = \"" + folder.path("state") +
                           "\"\n[mqtt]\nservers = [\"" + broker.url() + "\"]\n[status]\nlisten = \"\"\n";
        for (int meter = 1; meter <= 8; ++meter) {
            text += "[[meter]]\nuri = \"p1+tcp://127.0.0.1:" + std::to_string(meter) + "\"\nname = \"" +
                    std::to_string(number) + "\"\n";
        }
        folder.write("c.toml", text);
    };
    write_config(0);
    Process service({release_program(), "run", "--config", folder.path("c.toml")});
    ASSERT_TRUE(service.wait_for_line("connected to")) << service.errors();
    int reloads = 0;
    const auto count = [&] {
        const std::string log = service.errors();
        int lines = 0;
        for (auto at = log.find("config: reloaded"); at != std::string::npos;
             at = log.find("config: reloaded", at + 1)) {
            ++lines;
        }
        return lines;
    };
    const auto reload = [&] {
        for (int i = 0; i < batch; ++i) {
            write_config(++reloads);
            service.signal(SIGHUP);
            const auto deadline = std::chrono::steady_clock::now() + patience;
            while (count() < reloads && std::chrono::steady_clock::now() < deadline) {
                std::this_thread::sleep_for(std::chrono::milliseconds(10));
            }
            EXPECT_EQ(count(), reloads) << service.errors();
        }
        return memory_kb(std::to_string(service.pid()), "RssAnon");
    };
    const long first = reload();
    const long second = reload();
    const long third = reload();
    std::printf("[ MEASURE  ] %ld, %ld, %ld kB anonymous after %d, %d, %d reloads\n", first, second, third,
                batch, 2 * batch, 3 * batch);
    EXPECT_GT(first, 0);
    EXPECT_LE(std::min(second - first, third - second), allowed_kb);
}

INSTANTIATE_TEST_SUITE_P(Integration, Growth, testing::Values("p1", "sml"));

} // namespace
} // namespace gridbridge::testing_support
