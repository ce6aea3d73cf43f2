#include "drivers/stream/source/byte_source.hpp"
#include "tests/drivers/stream/io_support.hpp"
#include "tests/fakes/free_port.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <cerrno>
#include <thread>

#include <sys/file.h>
#include <sys/stat.h>

namespace gridbridge::test {
namespace {

using namespace std::chrono_literals;

MeterConfig tcp_meter(std::uint16_t port, const std::string& host = "127.0.0.1") {
    MeterConfig meter;
    meter.driver = DriverKind::P1;
    meter.transport = Transport::Tcp;
    meter.host = host;
    meter.port = port;
    return meter;
}

MeterConfig serial_meter(const std::string& path) {
    MeterConfig meter;
    meter.driver = DriverKind::P1;
    meter.transport = Transport::Serial;
    meter.path = path;
    return meter;
}

std::string read_text(Wire& source, std::size_t size) {
    Bytes bytes(size);
    std::size_t filled = 0;
    const auto deadline = Clock::now() + 10s;
    while (filled < size && Clock::now() < deadline) {
        filled += source.read_some(std::span(bytes).subspan(filled), deadline, {});
    }
    return {bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(filled)};
}

std::string open_error(Wire& source) {
    try {
        source.open({});
    } catch (const LinkLost& error) {
        return error.what();
    }
    return {};
}

TEST(SerialSettings, DefaultsByDialect) {
    MeterConfig meter;
    meter.driver = DriverKind::P1;
    EXPECT_EQ(serial_settings(meter), (SerialSettings{115200, 8, Parity::None, 1, true}));
    meter.driver = DriverKind::Sml;
    EXPECT_EQ(serial_settings(meter), (SerialSettings{9600, 8, Parity::None, 1, true}));
    meter.baud = 2400;
    meter.data_bits = 7;
    meter.parity = Parity::Even;
    meter.stop_bits = 2;
    meter.request = false;
    EXPECT_EQ(serial_settings(meter), (SerialSettings{2400, 7, Parity::Even, 2, false}));
}

TEST(SerialSettings, D0HasSevenBitsAndAsksSlowly) {
    MeterConfig meter;
    meter.driver = DriverKind::D0;
    EXPECT_EQ(serial_settings(meter), (SerialSettings{9600, 7, Parity::Even, 1, true, true}));
    meter.mode = ReadoutMode::Request;
    EXPECT_EQ(serial_settings(meter), (SerialSettings{300, 7, Parity::Even, 1, true, true}));
    meter.data_bits = 8;
    EXPECT_EQ(serial_settings(meter), (SerialSettings{300, 8, Parity::None, 1, true, true}));
}

TEST(SerialSource, ChangesSpeedAndSendsSevenBitsAsEight) {
    Pty pty; // has no 7E1, as some adapters
    MeterConfig meter = serial_meter(pty.path());
    meter.driver = DriverKind::D0;
    meter.mode = ReadoutMode::Push;
    const auto source = make_byte_source(meter);
    source->open({});
    const auto speed = [&] {
        termios settings{};
        tcgetattr(pty.master().number(), &settings);
        return cfgetospeed(&settings);
    };
    EXPECT_EQ(speed(), static_cast<speed_t>(B9600));
    meter.mode = ReadoutMode::Request;
    source->close();
    const auto asking = make_byte_source(meter);
    asking->open({});
    EXPECT_EQ(speed(), static_cast<speed_t>(B300));
    Bytes unused(16);
    EXPECT_EQ(asking->read_some(unused, Clock::now(), {}), 0U);
    Bytes sent(5);
    ASSERT_EQ(::read(pty.master().number(), sent.data(), sent.size()), 5);
    EXPECT_EQ(sent, (Bytes{0xAF, 0x3F, 0x21, 0x8D, 0x0A})) << "/?! CR LF with even parity";
}

TEST(TcpSource, D0IsAskedWhereTheConfigurationSaysSo) {
    const TcpServer server;
    MeterConfig meter = tcp_meter(server.port());
    meter.driver = DriverKind::D0;
    meter.mode = ReadoutMode::Request;
    meter.address = "7";
    const auto source = make_byte_source(meter);
    source->open({});
    const Descriptor peer = server.accept();
    Bytes unused(16);
    EXPECT_EQ(source->read_some(unused, Clock::now(), {}), 0U);
    Bytes sent(6);
    ASSERT_EQ(::read(peer.number(), sent.data(), sent.size()), 6);
    EXPECT_EQ(sent, bytes_of("/?7!\r\n"));
}

TEST(SerialSource, ReadsRawBytes) {
    Pty pty;
    const auto source = make_byte_source(serial_meter(pty.path()));
    source->open({});
    EXPECT_EQ(source->name(), pty.path());
    const std::string all = {'\r', '\n', '\x1B', '\x03', '\x11', '\x13', '\0', '\xFF', '!'};
    pty.master().send(bytes_of(all));
    EXPECT_EQ(read_text(*source, all.size()), all);
}

TEST(SerialSource, IsOpenOnlyOnce) {
    Pty pty;
    const auto first = make_byte_source(serial_meter(pty.path()));
    const auto second = make_byte_source(serial_meter(pty.path()));
    first->open({});
    EXPECT_NE(open_error(*second).find("in use by another program"), std::string::npos);
    first->close();
    EXPECT_EQ(open_error(*second), "");
}

TEST(SerialSource, ALockedPortKeepsItsSettings) {
    Pty pty;
    const int holder = open(pty.path().c_str(), O_RDWR | O_NOCTTY | O_CLOEXEC);
    const Descriptor closed_at_the_end(holder);
    ASSERT_EQ(flock(holder, LOCK_EX | LOCK_NB), 0);
    termios before{};
    ASSERT_EQ(tcgetattr(holder, &before), 0);
    ASSERT_NE(cfgetospeed(&before), static_cast<speed_t>(B115200));
    const auto source = make_byte_source(serial_meter(pty.path()));
    EXPECT_NE(open_error(*source).find("in use by another program"), std::string::npos);
    termios after{};
    ASSERT_EQ(tcgetattr(holder, &after), 0);
    EXPECT_EQ(cfgetospeed(&after), cfgetospeed(&before));
}

TEST(SerialSource, ASpeedWithoutANameIsAnError) {
    Pty pty;
    MeterConfig meter = serial_meter(pty.path());
    meter.baud = 12345;
    EXPECT_EQ(open_error(*make_byte_source(meter)),
              pty.path() + ": cannot set 12345 bit/s: Invalid argument");
    meter.baud = 921600;
    EXPECT_EQ(open_error(*make_byte_source(meter)), "") << "the failed attempt has let go of the port";
}

TEST(SerialSource, HangUpIsALostLink) {
    Pty pty;
    const auto source = make_byte_source(serial_meter(pty.path()));
    source->open({});
    pty.master().close();
    EXPECT_THROW(read_text(*source, 1), LinkLost);
}

TEST(SerialSource, MissingPortSaysWhatToDo) {
    const auto source = make_byte_source(serial_meter("/dev/ttyNONE"));
    EXPECT_EQ(open_error(*source),
              "/dev/ttyNONE does not exist: not plugged in, or not passed into the container");
}

TEST(SerialSource, FileIsNoPort) {
    const TemporaryFolder folder;
    std::ofstream(folder.file("x")) << "y";
    const auto source = make_byte_source(serial_meter(folder.file("x")));
    EXPECT_NE(open_error(*source).find("is not a serial port"), std::string::npos);
}

TEST(TcpSource, ReadsUntilTheOtherSideCloses) {
    const TcpServer server;
    const auto source = make_byte_source(tcp_meter(server.port()));
    source->open({});
    Descriptor peer = server.accept();
    peer.send(bytes_of("hello"));
    EXPECT_EQ(read_text(*source, 5), "hello");
    peer.close();
    EXPECT_THROW(read_text(*source, 1), LinkLost);
    source->close();
    source->open({});
    server.accept().send(bytes_of("again"));
    EXPECT_EQ(read_text(*source, 5), "again");
}

TEST(TcpSource, RefusedAndUnknown) {
    const std::uint16_t port = free_port();
    EXPECT_EQ(open_error(*make_byte_source(tcp_meter(port))),
              "cannot connect to 127.0.0.1 port " + std::to_string(port) +
                  ": refused: is the port right, and the service on that device switched on?");
    EXPECT_NE(open_error(*make_byte_source(tcp_meter(port, "no-such-host.invalid"))).find("name not found"),
              std::string::npos);
}

TEST(TcpSource, DeadlineReturnsNothing) {
    const TcpServer server;
    const auto source = make_byte_source(tcp_meter(server.port()));
    source->open({});
    const Descriptor peer = server.accept();
    Bytes buffer(10);
    EXPECT_EQ(source->read_some(buffer, Clock::now() + 20ms, {}), 0U);
    peer.send(bytes_of("late"));
    EXPECT_EQ(read_text(*source, 4), "late");
}

// Requests stop while `wait` waits; returns how long it took.
template <typename Wait>
Clock::duration time_to_stop(Wait wait) {
    std::stop_source stop;
    std::atomic<bool> waiting = false;
    Clock::time_point requested;
    std::jthread stopper([&] {
        waiting.wait(false);
        std::this_thread::yield();
        requested = Clock::now();
        stop.request_stop();
    });
    waiting = true;
    waiting.notify_one();
    wait(stop.get_token());
    const auto ended = Clock::now();
    stopper.join();
    return ended - requested;
}

TEST(TcpSource, StopEndsEveryWait) {
    const TcpServer server;
    const auto source = make_byte_source(tcp_meter(server.port()));
    source->open({});
    Bytes buffer(10);
    EXPECT_LT(time_to_stop(
                  [&](const std::stop_token& stop) { source->read_some(buffer, Clock::now() + 60s, stop); }),
              1s);
    const auto unreachable = make_byte_source(tcp_meter(9, "192.0.2.1"));
    EXPECT_LT(time_to_stop([&](const std::stop_token& stop) {
                  try {
                      unreachable->open(stop);
                  } catch (const LinkLost&) { // no route at all on this machine
                  }
              }),
              1s);
}

TEST(SerialSource, StopEndsTheWait) {
    Pty pty;
    const auto source = make_byte_source(serial_meter(pty.path()));
    source->open({});
    Bytes buffer(10);
    EXPECT_LT(time_to_stop(
                  [&](const std::stop_token& stop) { source->read_some(buffer, Clock::now() + 60s, stop); }),
              1s);
}

TEST(FileSource, ReadsToTheEndAndFollows) {
    const TemporaryFolder folder;
    std::ofstream file(folder.file("log"));
    file << "first" << std::flush;
    const auto source = make_file_source(folder.file("log"));
    source->open({});
    EXPECT_FALSE(source->reopen_when_silent());
    EXPECT_EQ(read_text(*source, 5), "first");
    Bytes buffer(10);
    EXPECT_EQ(source->read_some(buffer, Clock::now() + 10ms, {}), 0U);
    file << "second" << std::flush;
    EXPECT_EQ(read_text(*source, 6), "second");
    std::ofstream(folder.file("log")) << "new";
    EXPECT_EQ(read_text(*source, 3), "new");
}

TEST(FileSource, MayHaveMoreThanTwoGigabytes) {
    const TemporaryFolder folder;
    constexpr std::uint64_t size = 2'200'000'000;
    std::ofstream file(folder.file("log"));
    std::filesystem::resize_file(folder.file("log"), size); // a hole
    const auto source = make_file_source(folder.file("log"));
    EXPECT_EQ(open_error(*source), "");
    Bytes buffer(1 << 22);
    std::uint64_t total = 0;
    while (const std::size_t count = source->read_some(buffer, Clock::now(), {})) {
        total += count;
    }
    EXPECT_EQ(total, size);
    file.seekp(0, std::ios::end) << "more" << std::flush;
    EXPECT_EQ(read_text(*source, 4), "more");
}

TEST(FileSource, FifoOutlivesItsWriters) {
    const TemporaryFolder folder;
    ASSERT_EQ(mkfifo(folder.file("fifo").c_str(), 0600), 0);
    const auto source = make_file_source(folder.file("fifo"));
    source->open({});
    for (const char* text : {"one", "two"}) {
        Descriptor(::open(folder.file("fifo").c_str(), O_WRONLY | O_CLOEXEC)).send(bytes_of(text));
        EXPECT_EQ(read_text(*source, 3), text);
    }
}

TEST(FileSource, MissingFileAndFolder) {
    const TemporaryFolder folder;
    EXPECT_NE(open_error(*make_file_source(folder.file("none"))).find("does not exist"), std::string::npos);
    EXPECT_NE(open_error(*make_file_source(folder.file(""))).find("is a folder"), std::string::npos);
}

TEST(Wire, ThousandConnectionsLeakNoDescriptor) {
    const TcpServer server;
    const auto source = make_byte_source(tcp_meter(server.port()));
    Pty pty;
    const auto port = make_byte_source(serial_meter(pty.path()));
    source->open({});
    port->open({});
    server.accept();
    const std::size_t before = open_descriptors();
    for (int i = 0; i < 1000; ++i) {
        if (i % 2 == 0) {
            source->close();
        }
        source->open({});
        server.accept();
        port->open({});
    }
    EXPECT_EQ(open_descriptors(), before);
}

} // namespace
} // namespace gridbridge::test
