// Damaged streams over a real line, for a long time.
#include "app/simulate/p1_telegram.hpp"
#include "app/simulate/sml_telegram.hpp"
#include "drivers/stream/stream_driver.hpp"
#include "tests/drivers/stream/io_support.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <bit>
#include <mutex>
#include <thread>

namespace gridbridge::test {
namespace {

using namespace std::chrono_literals;

// kB. The sanitizers keep freed memory for a while.
#if defined(__clang__)
constexpr bool is_sanitized = __has_feature(address_sanitizer) || __has_feature(thread_sanitizer);
#elif defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool is_sanitized = true;
#else
constexpr bool is_sanitized = false;
#endif
constexpr std::size_t growth_allowed = is_sanitized ? 400 * 1024 : 1024;

std::size_t resident_kilobytes() {
    std::ifstream status("/proc/self/status");
    for (std::string word; status >> word;) {
        if (word == "VmRSS:") {
            std::size_t kilobytes = 0;
            status >> kilobytes;
            return kilobytes;
        }
    }
    return 0;
}

// Loses a byte, flips a bit, cuts a telegram off, or leaves it as it is. True when it was damaged.
bool damage(Bytes& bytes, std::mt19937& random) {
    const auto at = bytes.begin() + static_cast<std::ptrdiff_t>(random() % (bytes.size() - 2));
    switch (random() % 10) {
    case 0:
        bytes.erase(at);
        return true;
    case 1:
        *at = static_cast<std::uint8_t>(*at ^ 1U << random() % 7);
        return true;
    case 2:
        bytes.erase(at, bytes.end());
        return true;
    default:
        return false;
    }
}

struct Sent {
    std::size_t telegrams = 0;
    std::size_t safe = 0; // undamaged, and the one before too
};

Sent send_damaged(const Descriptor& line, const std::function<Bytes(double)>& encode, std::size_t count) {
    std::mt19937 random(11);
    Sent sent;
    bool last_damaged = false;
    Bytes glued;
    for (; sent.telegrams < count; ++sent.telegrams) {
        Bytes telegram = encode(static_cast<double>(sent.telegrams % 500));
        const bool damaged = damage(telegram, random);
        sent.safe += !damaged && !last_damaged ? 1U : 0U;
        last_damaged = damaged;
        glued.insert(glued.end(), telegram.begin(), telegram.end());
        if (random() % 3 != 0) {
            for (std::size_t at = 0; at < glued.size();) {
                const auto size = std::min<std::size_t>(1 + random() % 900, glued.size() - at);
                line.send(std::span(glued).subspan(at, size));
                at += size;
            }
            glued.clear();
        }
    }
    line.send(glued);
    return sent;
}

void run_live(DriverKind kind, const std::function<Bytes(double)>& encode) {
    constexpr std::size_t telegrams = 7200; // two hours at one a second
    const TcpServer server;
    MeterConfig meter;
    meter.driver = kind;
    meter.transport = Transport::Tcp;
    meter.host = "127.0.0.1";
    meter.port = server.port();
    Handoff handoff;
    const auto driver =
        make_stream_driver({0, 0}, meter, handoff, [](LogLevel, std::string_view, std::string_view) {});
    std::jthread thread([&](const std::stop_token& stop) { driver->run(stop); });
    const Descriptor line = server.accept();
    std::uint64_t good = 0;
    std::uint64_t rejected = 0;
    const auto take = [&](std::uint64_t wanted) {
        const auto deadline = Clock::now() + 60s;
        while (good < wanted && Clock::now() < deadline) {
            for (const MeterUpdate& update : handoff.take(Clock::now() + 1s, {})) {
                good = update.counters ? update.counters->good : good;
                rejected = update.counters ? update.counters->rejected : rejected;
            }
        }
    };
    const Sent first = send_damaged(line, encode, telegrams / 4);
    take(first.safe);
    const std::size_t before = resident_kilobytes();
    const Sent rest = send_damaged(line, encode, telegrams - telegrams / 4);
    line.send(encode(1));
    line.send(encode(2));
    take(first.safe + rest.safe);
    EXPECT_GE(good, first.safe + rest.safe);
    EXPECT_LE(good, telegrams + 2);
    EXPECT_GT(rejected, telegrams / 10);
    const std::size_t after = resident_kilobytes();
    std::printf("%llu good, %llu rejected, %zu kB before, %zu kB after\n",
                static_cast<unsigned long long>(good), static_cast<unsigned long long>(rejected), before,
                after);
    EXPECT_LT(after, before + growth_allowed);
    thread.request_stop();
}

TEST(Live, DamagedP1CostsAtMostTheTelegramAndTheNext) {
    run_live(DriverKind::P1, [](double seconds) { return bytes_of(p1_telegram(simulate_values(seconds))); });
}

TEST(Live, DamagedSmlCostsAtMostTheTelegramAndTheNext) {
    run_live(DriverKind::Sml, [](double seconds) { return sml_telegram(simulate_values(seconds)); });
}

// A P1 port without settings: a meter of 7E1 is found at the second step, one of 8N1 at the first.
class PtySearch : public testing::TestWithParam<bool> {};

TEST_P(PtySearch, FindsTheMeter) {
    const bool parity = GetParam();
    Pty pty;
    MeterConfig meter;
    meter.driver = DriverKind::P1;
    meter.transport = Transport::Serial;
    meter.path = pty.path();
    Handoff handoff;
    std::mutex mutex;
    std::string log;
    StreamDriver driver(
        {0, 0}, meter, handoff,
        [&](LogLevel, std::string_view, std::string_view text) {
            const std::lock_guard lock(mutex);
            log += std::string(text) + "\n";
        },
        make_byte_source, SerialSearch(meter, 20));
    std::jthread thread([&](const std::stop_token& stop) { driver.run(stop); });
    Bytes bytes = bytes_of(p1_telegram(simulate_values(3), {.has_crc = !parity}));
    for (std::uint8_t& byte : bytes) {
        byte = static_cast<std::uint8_t>(byte | (parity && std::popcount(byte) % 2 != 0 ? 0x80U : 0U));
    }
    std::optional<Reading> reading;
    std::map<std::uint16_t, MeterInfo> infos;
    const auto deadline = Clock::now() + 30s;
    while (!(reading && infos.size() == 2) && Clock::now() < deadline) {
        pty.master().send(bytes);
        for (const MeterUpdate& update : handoff.take(Clock::now() + 100ms, {})) {
            reading = update.source.channel == 0 && update.reading ? update.reading : reading;
            if (update.info) {
                infos[update.source.channel] = *update.info;
            }
        }
    }
    thread.request_stop();
    thread.join();
    ASSERT_TRUE(reading);
    EXPECT_NEAR(reading->get(Quantity::Power).value(), simulate_values(3).power(), 2);
    EXPECT_EQ(infos[1].product_name, "Gas meter");
    EXPECT_NE(log.find(parity ? "at 115200 7E1" : "DSMR 5.0, Iskraemeco 2M550T-1012, at 115200 8N1"),
              std::string::npos)
        << log;
}

INSTANTIATE_TEST_SUITE_P(Live, PtySearch, testing::Bool(),
                         [](const auto& param) { return std::string(param.param ? "SevenE1" : "EightN1"); });

} // namespace
} // namespace gridbridge::test
