#include "drivers/io/serial_port.hpp"

#include "drivers/io/link_lost.hpp"
#include "tests/drivers/io/io_ends.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <functional>
#include <iterator>
#include <optional>
#include <string>
#include <vector>

#include <poll.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <termios.h>

namespace gridbridge::test {
namespace {

using testing::HasSubstr;

// What another program has set: 1200 bit/s, line by line with echo.
class SerialPortTest : public testing::Test {
  protected:
    SerialPortTest() : other(::open(terminal.path().c_str(), O_RDWR | O_NOCTTY | O_CLOEXEC)) {
        termios line = settings();
        ::cfsetspeed(&line, B1200);
        line.c_lflag |= ICANON | ECHO;
        ::tcsetattr(other.get(), TCSANOW, &line);
    }
    termios settings() const {
        termios line{};
        EXPECT_EQ(::tcgetattr(other.get(), &line), 0);
        return line;
    }
    bool is_untouched() const {
        const termios line = settings();
        return ::cfgetospeed(&line) == B1200 && (line.c_lflag & ICANON) != 0;
    }
    bool is_marked() const {
        int marked = -1;
        EXPECT_EQ(::ioctl(other.get(), TIOCGEXCL, &marked), 0);
        return marked == 1;
    }

    Terminal terminal;
    Descriptor other;
};

std::string error_of(const std::function<void()>& action) {
    try {
        action();
    } catch (const LinkLost& lost) {
        return lost.what();
    }
    return "no error";
}

// More than the 4 kB that a terminal has ready: the rest is on its way within the kernel.
TEST_F(SerialPortTest, WhatCameBeforeCanBeForgotten) {
    SerialPort port(terminal.path());
    port.set_format({8, 'N', 1});
    const std::vector<std::uint8_t> before(8000, 'x');
    ASSERT_EQ(::write(terminal.master(), before.data(), before.size()), std::ssize(before));
    port.forget_waiting();
    ASSERT_EQ(::write(terminal.master(), "new", 3), 3);
    pollfd readable{port.get(), POLLIN, 0};
    ASSERT_EQ(::poll(&readable, 1, 20'000), 1);
    std::array<char, 64> bytes{};
    EXPECT_EQ(::read(port.get(), bytes.data(), bytes.size()), 3);
    EXPECT_EQ(std::string(bytes.data(), 3), "new");
}

TEST_F(SerialPortTest, OpeningAndClaimingChangeNoLineSetting) {
    SerialPort port(terminal.path());
    EXPECT_TRUE(is_untouched());
    EXPECT_FALSE(is_marked()) << "so that libmodbus can open it too";
    port.claim();
    EXPECT_TRUE(is_untouched());
    EXPECT_TRUE(is_marked());
}

TEST_F(SerialPortTest, ALockedPortIsLeftAsItIs) {
    ASSERT_EQ(::flock(other.get(), LOCK_EX | LOCK_NB), 0);
    EXPECT_EQ(error_of([&] { const SerialPort port(terminal.path()); }),
              terminal.path() + " is in use by another program: stop it, or give each program a port of its "
                                "own");
    EXPECT_TRUE(is_untouched());
    EXPECT_FALSE(is_marked());
    ASSERT_EQ(::flock(other.get(), LOCK_UN), 0);
    EXPECT_EQ(error_of([&] { const SerialPort port(terminal.path()); }), "no error");
}

TEST_F(SerialPortTest, IsHeldOnceAndReleasedAtItsEnd) {
    std::optional<SerialPort> first;
    first.emplace(terminal.path());
    first->claim();
    EXPECT_TRUE(is_marked());
    EXPECT_THAT(error_of([&] { const SerialPort second(terminal.path()); }), HasSubstr("is in use"));
    first.reset();
    EXPECT_FALSE(is_marked());
    EXPECT_EQ(error_of([&] { const SerialPort second(terminal.path()); }), "no error");
}

TEST_F(SerialPortTest, HandsOnEveryByte) {
    SerialPort port(terminal.path());
    port.set_speed(115200);
    port.set_format({8, 'N', 2});
    const termios line = settings();
    EXPECT_EQ(::cfgetospeed(&line), static_cast<speed_t>(B115200));
    EXPECT_EQ(::cfgetispeed(&line), static_cast<speed_t>(B115200));
    EXPECT_EQ(line.c_lflag & (ICANON | ECHO | ISIG), 0U);
    EXPECT_EQ(line.c_iflag & (IXON | IXOFF | ICRNL | ISTRIP | INPCK), 0U);
    EXPECT_EQ(line.c_oflag & OPOST, 0U);
    EXPECT_EQ(line.c_cflag & (CSIZE | CSTOPB | CRTSCTS | CLOCAL), tcflag_t{CS8 | CSTOPB | CLOCAL});
    for (const int baud : {300, 460800, 921600}) {
        EXPECT_EQ(error_of([&] { port.set_speed(baud); }), "no error") << baud;
    }
}

TEST_F(SerialPortTest, WhatCannotBeSetIsAnError) {
    SerialPort port(terminal.path());
    EXPECT_EQ(error_of([&] { port.set_speed(12345); }),
              terminal.path() + ": cannot set 12345 bit/s: Invalid argument");
    EXPECT_EQ(error_of([&] {
                  port.set_format({7, 'E', 1});
              }), // a pty says yes and stays at 8N1
              terminal.path() + ": cannot set 7 data bits, parity and stop bits: Invalid argument");
    EXPECT_THAT(error_of([&] { port.set_format({9, 'N', 1}); }), HasSubstr("cannot set 9 data bits"));
    EXPECT_EQ(error_of([&] { port.set_format({8, 'N', 1}); }), "no error");
    port.set_request_lines(true); // a pty has none; that is no error
}

TEST(SerialPort, WhatIsNoPortIsSaid) {
    EXPECT_EQ(error_of([] { const SerialPort port("/dev/null"); }), "/dev/null: is not a serial port");
    EXPECT_THAT(error_of([] { const SerialPort port("/dev/ttyNONE"); }), HasSubstr("does not exist"));
    EXPECT_THAT(error_of([] { const SerialPort port("/tmp"); }), HasSubstr("is a folder"));
}

} // namespace
} // namespace gridbridge::test
