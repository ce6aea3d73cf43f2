#include "app/simulate/p1_telegram.hpp"
#include "app/simulate/sml_telegram.hpp"
#include "drivers/stream/obis/kept_telegram.hpp"
#include "drivers/stream/share/share.hpp"
#include "drivers/stream/share/share_queue.hpp"
#include "drivers/stream/stream_driver.hpp"
#include "tests/drivers/stream/io_support.hpp"
#include "tests/fakes/free_port.hpp"
#include "tests/fakes/log_book.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

namespace gridbridge::test {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

constexpr auto long_enough = 30s;

template <typename Condition>
bool eventually(Condition condition) {
    const auto deadline = Clock::now() + long_enough;
    while (!condition()) {
        if (Clock::now() > deadline) {
            return false;
        }
        std::this_thread::sleep_for(2ms);
    }
    return true;
}

Descriptor connect_to(std::uint16_t port, int receive_buffer = 0) {
    Descriptor client(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (receive_buffer > 0) {
        setsockopt(client.number(), SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    }
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    if (connect(client.number(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        throw std::runtime_error("cannot connect");
    }
    return client;
}

// Reads `size` bytes; fewer when the connection ends or nothing comes for long.
Bytes receive(const Descriptor& client, std::size_t size) {
    Bytes bytes(size);
    std::size_t have = 0;
    while (have < size) {
        pollfd ready{client.number(), POLLIN, 0};
        if (poll(&ready, 1, 30000) != 1) {
            break;
        }
        const ssize_t got = ::read(client.number(), bytes.data() + have, size - have);
        if (got <= 0) {
            break;
        }
        have += static_cast<std::size_t>(got);
    }
    bytes.resize(have);
    return bytes;
}

Bytes receive_to_end(const Descriptor& client) {
    Bytes all;
    for (Bytes part = receive(client, 4096); !part.empty(); part = receive(client, 4096)) {
        all.insert(all.end(), part.begin(), part.end());
    }
    return all;
}

SharedBytes piece_of(std::size_t size) {
    return std::make_shared<const Bytes>(size, std::uint8_t{'x'});
}

Bytes p1_bytes(double seconds) {
    return bytes_of(p1_telegram(simulate_values(seconds)));
}

TEST(ShareQueue, LeavesOutWholePiecesAndGivesUpAfterManyInARow) {
    ShareQueue queue(3);
    EXPECT_TRUE(queue.push(piece_of(ShareQueue::limit - 10)));
    EXPECT_TRUE(queue.push(piece_of(10)));
    EXPECT_FALSE(queue.push(piece_of(1)));
    EXPECT_FALSE(queue.push(piece_of(100)));
    EXPECT_FALSE(queue.stays_behind());
    queue.pop();
    EXPECT_TRUE(queue.push(piece_of(100))) << "there is room again";
    EXPECT_EQ(queue.bytes(), 110U);
    EXPECT_TRUE(queue.push(piece_of(ShareQueue::limit - 110)));
    for (int i = 0; i < 3; ++i) {
        EXPECT_FALSE(queue.stays_behind());
        EXPECT_FALSE(queue.push(piece_of(1)));
    }
    EXPECT_TRUE(queue.stays_behind());
    EXPECT_EQ(queue.missed(), 5U);
}

TEST(TelegramCopy, LineEndIsThatOfTheTelegram) {
    const auto ended = [](DriverKind dialect, std::string_view raw) {
        const Bytes bytes = with_line_end(dialect, bytes_of(raw));
        return std::string(bytes.begin(), bytes.end());
    };
    EXPECT_EQ(ended(DriverKind::P1, "/A\r\n!1234"), "/A\r\n!1234\r\n");
    EXPECT_EQ(ended(DriverKind::P1, "/A\n!"), "/A\n!\n");
    EXPECT_EQ(ended(DriverKind::P1, "/A\r\n!1234\r\n"), "/A\r\n!1234\r\n");
    EXPECT_EQ(ended(DriverKind::D0, "/A\r\n!"), "/A\r\n!\r\n");
    EXPECT_EQ(ended(DriverKind::D0, "\x02 1(2)\r\n!\r\n\x03 b"), "\x02 1(2)\r\n!\r\n\x03 b");
    EXPECT_EQ(ended(DriverKind::Sml, "\x1b\x1a"), "\x1b\x1a");
}

TEST(TelegramCopy, KeepsValuesAsSentAndBoundsTheRawBytes) {
    const Decoded decoded = decode_whole(make_p1, p1_bytes(1));
    ASSERT_EQ(decoded.telegrams.size(), 1U);
    const Bytes huge(TelegramCopy::max_raw + 100, 'x');
    const SharedTelegram copy = copy_telegram(decoded.telegrams[0], huge, MeterConfig{}, true);
    EXPECT_EQ(copy->raw.size(), TelegramCopy::max_raw);
    EXPECT_EQ(copy->size, huge.size());
    ASSERT_EQ(copy->values.size(), decoded.telegrams[0].objects.size());
    const auto power = std::find_if(copy->values.begin(), copy->values.end(),
                                    [](const ObisValue& value) { return value.code == "1-0:1.7.0"; });
    ASSERT_NE(power, copy->values.end());
    EXPECT_EQ(power->unit, "kW");
}

// A driver on a pty with a shared stream.
struct SharedMeter {
    explicit SharedMeter(DriverKind driver, bool raw = false) {
        MeterConfig meter;
        meter.driver = driver;
        meter.transport = Transport::Serial;
        meter.path = pty.path();
        meter.uri = "test:" + pty.path();
        meter.share = "127.0.0.1:" + std::to_string(port);
        meter.share_raw = raw;
        driver_ = make_stream_driver({0, 0}, meter, handoff, book.log());
        thread_ = std::jthread([this](std::stop_token stop) { driver_->run(std::move(stop)); });
    }

    bool listens() const {
        return eventually([this] { return book.text().find("listening on") != std::string::npos; });
    }
    // Feeds telegrams until `count` clients are served: who has received a whole telegram is connected.
    bool wait_for_clients(std::uint64_t count) {
        return eventually([&] {
            pty.master().send(bytes_of("noise\r\n"));
            handoff.wake();
            for (const MeterUpdate& update : handoff.take(Clock::now() + 10ms, {})) {
                if (update.counters) {
                    counters = *update.counters;
                }
            }
            return counters.share_clients == count;
        });
    }
    bool rejects(std::uint64_t count) {
        return eventually([&] {
            for (const MeterUpdate& update : handoff.take(Clock::now() + 10ms, {})) {
                if (update.counters) {
                    counters = *update.counters;
                }
            }
            return counters.rejected == count;
        });
    }
    // Sends a telegram and waits for its reading; once more after a while, as what comes before the driver
    // has opened the port does not count.
    bool measure(std::span<const std::uint8_t> telegram) {
        constexpr auto while_it_opens = 5s;
        auto again_at = Clock::now();
        return eventually([&] {
            if (Clock::now() >= again_at) {
                again_at = Clock::now() + while_it_opens;
                pty.master().send(telegram);
            }
            for (const MeterUpdate& update : handoff.take(Clock::now() + 1s, {})) {
                if (update.counters) {
                    counters = *update.counters;
                }
                if (update.reading) {
                    return true;
                }
            }
            return false;
        });
    }

    Pty pty;
    std::uint16_t port = free_port();
    Handoff handoff;
    LogBook book;
    MeterCounters counters;

  private:
    std::unique_ptr<Driver> driver_;
    std::jthread thread_;
};

TEST(Share, ThreeClientsGetTheBytesOfThePty) {
    SharedMeter meter(DriverKind::P1);
    ASSERT_TRUE(meter.listens());
    std::vector<Descriptor> clients;
    for (int i = 0; i < 3; ++i) {
        clients.push_back(connect_to(meter.port));
    }
    ASSERT_TRUE(meter.wait_for_clients(3));
    Bytes fed;
    for (int i = 1; i <= 20; ++i) {
        const Bytes telegram = p1_bytes(i);
        ASSERT_TRUE(meter.measure(telegram));
        fed.insert(fed.end(), telegram.begin(), telegram.end());
    }
    for (const Descriptor& client : clients) {
        EXPECT_EQ(receive(client, fed.size()), fed);
    }
    EXPECT_EQ(meter.counters.share_missed, 0U);
}

TEST(Share, SmlIsRepeatedWithItsEscapesAndChecksum) {
    SharedMeter meter(DriverKind::Sml);
    ASSERT_TRUE(meter.listens());
    const Descriptor client = connect_to(meter.port);
    ASSERT_TRUE(meter.wait_for_clients(1));
    const Bytes telegram = sml_telegram(simulate_values(5));
    ASSERT_TRUE(meter.measure(telegram));
    EXPECT_EQ(receive(client, telegram.size()), telegram);
}

TEST(Share, AClientThatComesInMidTelegramGetsWholeTelegrams) {
    SharedMeter meter(DriverKind::P1);
    ASSERT_TRUE(meter.listens());
    const Bytes first = p1_bytes(1);
    const Bytes next = p1_bytes(2);
    const Descriptor before = connect_to(meter.port);
    ASSERT_TRUE(meter.wait_for_clients(1));
    meter.pty.master().send(std::span(first).first(first.size() / 2));
    const Descriptor client = connect_to(meter.port);
    ASSERT_TRUE(eventually([&] { return meter.book.count("connected\n") == 2; }));
    ASSERT_TRUE(meter.measure(std::span(first).subspan(first.size() / 2)));
    ASSERT_TRUE(meter.measure(next));
    Bytes both = first;
    both.insert(both.end(), next.begin(), next.end());
    EXPECT_EQ(receive(before, both.size()), both);
    EXPECT_EQ(receive(client, both.size()), both) << "whole telegrams, the first one included";
}

TEST(Share, DamagedTelegramsAreNotRepeated) {
    SharedMeter meter(DriverKind::P1);
    ASSERT_TRUE(meter.listens());
    const Descriptor client = connect_to(meter.port);
    ASSERT_TRUE(meter.wait_for_clients(1));
    Bytes damaged = p1_bytes(1);
    damaged[damaged.size() / 2] ^= 1U;
    meter.pty.master().send(damaged);
    EXPECT_TRUE(meter.rejects(1)); // read together with the next, it is counted after the reading of that
    const Bytes good = p1_bytes(2);
    ASSERT_TRUE(meter.measure(good));
    EXPECT_EQ(receive(client, good.size()), good);
    EXPECT_EQ(meter.counters.rejected_by[0], (RejectedCount{"bad checksum", 1}));
}

TEST(Share, RawGivesEveryByteAtOnce) {
    SharedMeter meter(DriverKind::P1, true);
    ASSERT_TRUE(meter.listens());
    ASSERT_TRUE(meter.measure(p1_bytes(9)));
    const Descriptor client = connect_to(meter.port);
    ASSERT_TRUE(eventually([&] { return meter.book.text().find("connected\n") != std::string::npos; }));
    const Bytes noise = bytes_of("half a teleg");
    meter.pty.master().send(noise);
    EXPECT_EQ(receive(client, noise.size()), noise);
    const Bytes telegram = p1_bytes(1);
    ASSERT_TRUE(meter.measure(telegram));
    EXPECT_EQ(receive(client, telegram.size()), telegram);
}

TEST(Share, AClientThatNeverReadsDelaysNobodyAndIsDisconnected) {
    SharedMeter meter(DriverKind::P1);
    ASSERT_TRUE(meter.listens());
    const Descriptor stuck = connect_to(meter.port, 4096);
    const Descriptor reader = connect_to(meter.port);
    ASSERT_TRUE(meter.wait_for_clients(2));
    Bytes read;
    std::jthread reading([&] { read = receive_to_end(reader); });
    const Bytes telegram = p1_bytes(1);
    int measured = 0;
    while (meter.counters.share_disconnected == 0 && measured < 5000) {
        ASSERT_TRUE(meter.measure(telegram)) << "readings keep arriving";
        ++measured;
    }
    EXPECT_EQ(meter.counters.share_disconnected, 1U);
    EXPECT_GE(meter.counters.share_missed, Share::patience);
    EXPECT_THAT(meter.book.text(), HasSubstr("it does not keep up and missed"));
    const Bytes left = receive_to_end(stuck);
    const Bytes head(left.begin(),
                     left.begin() + static_cast<std::ptrdiff_t>(std::min(left.size(), telegram.size())));
    EXPECT_EQ(head, telegram) << "what it had before is whole";
    shutdown(reader.number(), SHUT_RDWR);
    reading.join();
    EXPECT_EQ(read.size() % telegram.size(), 0U);
    EXPECT_GT(read.size(), left.size()) << "the other client was served on";
    std::printf("%d readings while a client never read\n", measured);
}

TEST(Share, AHalfClosedClientStillHears) {
    LogBook book;
    Share share({{"127.0.0.1", 0}, false, "test"}, book.log());
    const Descriptor client = connect_to(share.port());
    shutdown(client.number(), SHUT_WR);
    ASSERT_TRUE(eventually([&] { return share.clients() == 1; }));
    share.accepted(bytes_of("one"));
    EXPECT_EQ(receive(client, 3), bytes_of("one"));
}

TEST(Share, OneClientTooManyTakesAPlace) {
    LogBook book;
    Share share({{"127.0.0.1", 0}, false, "test"}, book.log());
    std::vector<Descriptor> clients;
    for (std::size_t i = 0; i < Share::max_clients; ++i) {
        clients.push_back(connect_to(share.port()));
    }
    ASSERT_TRUE(eventually([&] { return share.clients() == Share::max_clients; }));
    const Descriptor one_more = connect_to(share.port());
    EXPECT_EQ(receive(clients.front(), 1).size(), 0U) << "it made room";
    share.accepted(bytes_of("x"));
    EXPECT_EQ(receive(one_more, 1), bytes_of("x"));
    EXPECT_EQ(receive(clients.back(), 1), bytes_of("x"));
    EXPECT_EQ(share.clients(), Share::max_clients);
    EXPECT_THAT(book.text(), HasSubstr("each new one takes another's place"));
}

TEST(Share, ClientsThatNeverReadDoNotKeepAReaderOut) {
    LogBook book;
    Share share({{"127.0.0.1", 0}, false, "test"}, book.log());
    const Descriptor first = connect_to(share.port());
    ASSERT_TRUE(eventually([&] { return share.clients() == 1; }));
    share.accepted(bytes_of("a"));
    ASSERT_EQ(receive(first, 1), bytes_of("a"));
    std::vector<Descriptor> mute;
    for (std::size_t i = 0; i < 2 * Share::max_clients; ++i) {
        mute.push_back(connect_to(share.port()));
    }
    const Descriptor reader = connect_to(share.port());
    ASSERT_EQ(receive(mute.at(Share::max_clients + 1), 1).size(), 0U)
        << "the reader has come, this one has gone";
    for (int i = 0; i < 100; ++i) {
        share.accepted(bytes_of("b"));
        ASSERT_EQ(receive(reader, 1), bytes_of("b"));
        ASSERT_EQ(receive(first, 1), bytes_of("b")) << "the first keeps its place";
    }
}

TEST(Share, APortInUseIsAnErrorAndTakenWhenFree) {
    LogBook book;
    const std::uint16_t port = free_port();
    auto holder = std::make_unique<Share>(ShareOptions{{"127.0.0.1", port}, false, "a"}, book.log());
    const Share second({{"127.0.0.1", port}, false, "b"}, book.log());
    EXPECT_THAT(book.text(), HasSubstr("4 b: share 127.0.0.1:" + std::to_string(port) + ": cannot listen: "));
    EXPECT_EQ(second.port(), 0);
    holder.reset();
    EXPECT_TRUE(eventually([&] { return second.port() == port; }));
}

TEST(Share, BindingBeyondLoopbackIsSaid) {
    LogBook book;
    const Share share({{"0.0.0.0", 0}, false, "test"}, book.log());
    EXPECT_THAT(book.text(),
                HasSubstr("3 test: share 0.0.0.0:0: anyone who reaches this address can read the meter"));
}

TEST(Share, StopsAtOnceWithClientsInEveryState) {
    LogBook book;
    auto share = std::make_unique<Share>(ShareOptions{{"127.0.0.1", 0}, false, "test"}, book.log());
    const Descriptor idle = connect_to(share->port());
    const Descriptor stuck = connect_to(share->port(), 4096);
    ASSERT_TRUE(eventually([&] { return share->clients() == 2; }));
    const Bytes piece(16000, 'x');
    ASSERT_TRUE(eventually([&] {
        share->accepted(piece);
        return share->missed() > 0;
    }));
    const auto begin = Clock::now();
    share.reset();
    std::printf("stopped in %lld us\n",
                static_cast<long long>(
                    std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - begin).count()));
    EXPECT_FALSE(receive(stuck, 1).empty());
}

} // namespace
} // namespace gridbridge::test
