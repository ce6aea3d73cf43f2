#include "drivers/io/serial_port.hpp"

#include "drivers/io/link_lost.hpp"
#include "drivers/io/open_error.hpp"
#include "drivers/waist/clock.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <linux/serial.h>
#include <poll.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

namespace gridbridge {
namespace {

struct Speed {
    int baud;
    speed_t code;
};

// termios(3)
constexpr std::array<Speed, 30> speeds{
    {{50, B50},           {75, B75},           {110, B110},         {134, B134},
     {150, B150},         {200, B200},         {300, B300},         {600, B600},
     {1200, B1200},       {1800, B1800},       {2400, B2400},       {4800, B4800},
     {9600, B9600},       {19200, B19200},     {38400, B38400},     {57600, B57600},
     {115200, B115200},   {230400, B230400},   {460800, B460800},   {500000, B500000},
     {576000, B576000},   {921600, B921600},   {1000000, B1000000}, {1152000, B1152000},
     {1500000, B1500000}, {2000000, B2000000}, {2500000, B2500000}, {3000000, B3000000},
     {3500000, B3500000}, {4000000, B4000000}}};

constexpr std::array<tcflag_t, 4> sizes{CS5, CS6, CS7, CS8};
constexpr tcflag_t kept_bits = CSIZE | PARENB; // what some ports turn into 8N1 without a word

void shape(termios& line, const SerialFormat& format) {
    ::cfmakeraw(&line);
    line.c_iflag &= ~static_cast<tcflag_t>(IGNPAR | INPCK | IXOFF);
    line.c_iflag |= format.parity == 'N' ? IGNPAR : INPCK;
    line.c_cflag &= ~static_cast<tcflag_t>(CSIZE | PARENB | PARODD | CSTOPB | CRTSCTS);
    line.c_cflag |= CREAD | CLOCAL | sizes.at(static_cast<std::size_t>(format.data_bits - 5));
    line.c_cflag |= format.parity == 'N' ? 0U : static_cast<tcflag_t>(PARENB);
    line.c_cflag |= format.parity == 'O' ? static_cast<tcflag_t>(PARODD) : 0U;
    line.c_cflag |= format.stop_bits == 2 ? static_cast<tcflag_t>(CSTOPB) : 0U;
}

// 0, or an errno value.
int set_shape(int fd, const SerialFormat& format) {
    termios wanted{};
    if (format.data_bits < 5 || format.data_bits > 8 || ::tcgetattr(fd, &wanted) != 0) {
        return EINVAL;
    }
    shape(wanted, format);
    if (::tcsetattr(fd, TCSANOW, &wanted) != 0) {
        return errno;
    }
    termios now{};
    const bool took = ::tcgetattr(fd, &now) == 0 && (now.c_cflag & kept_bits) == (wanted.c_cflag & kept_bits);
    return took ? 0 : EINVAL;
}

// 0, or an errno value.
int set_baud(int fd, int baud) {
    const auto* const speed =
        std::find_if(speeds.begin(), speeds.end(), [baud](const Speed& known) { return known.baud == baud; });
    termios line{};
    if (speed == speeds.end()) {
        return EINVAL;
    }
    const bool done = ::tcgetattr(fd, &line) == 0 && ::cfsetispeed(&line, speed->code) == 0 &&
                      ::cfsetospeed(&line, speed->code) == 0 && ::tcsetattr(fd, TCSANOW, &line) == 0;
    return done ? 0 : errno;
}

std::string text_of(int error) {
    return std::generic_category().message(error);
}

} // namespace

SerialPort::SerialPort(std::string path)
    : path_(std::move(path)), port_(::open(path_.c_str(), O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC)) {
    if (!port_.is_open()) {
        throw LinkLost(explain_open_error(path_, errno));
    }
    if (::isatty(get()) == 0) {
        throw LinkLost(path_ + ": is not a serial port");
    }
    if (::flock(get(), LOCK_EX | LOCK_NB) != 0) {
        throw LinkLost(explain_open_error(path_, errno));
    }
}

SerialPort::~SerialPort() {
    ::ioctl(get(), TIOCNXCL); // a pty keeps the mark while its other side is open
}

void SerialPort::claim() noexcept {
    ::ioctl(get(), TIOCEXCL); // not every tty driver has it; the lock stands in any case
    serial_struct settings{};
    if (::ioctl(get(), TIOCGSERIAL, &settings) == 0) {
        settings.flags |= static_cast<int>(ASYNC_LOW_LATENCY); // FTDI adapters hold bytes for 16 ms otherwise
        ::ioctl(get(), TIOCSSERIAL, &settings);
    }
}

void SerialPort::set_speed(int baud) {
    if (const int error = set_baud(get(), baud); error != 0) {
        throw LinkLost(path_ + ": cannot set " + std::to_string(baud) + " bit/s: " + text_of(error));
    }
}

void SerialPort::set_format(const SerialFormat& format) {
    if (const int error = set_shape(get(), format); error != 0) {
        throw LinkLost(path_ + ": cannot set " + std::to_string(format.data_bits) +
                       " data bits, parity and stop bits: " + text_of(error));
    }
}

// A pty holds what was sent while nobody had it open, and so do some adapters.
void SerialPort::forget_waiting() noexcept {
    constexpr int quiet_ms = 10; // what is under way within the kernel comes sooner
    constexpr std::chrono::milliseconds limit(250);
    const auto end = SystemClock::now() + limit;
    std::array<std::uint8_t, 4096> waiting{};
    ::tcflush(get(), TCIFLUSH);
    pollfd port{get(), POLLIN, 0};
    while (SystemClock::now() < end && ::poll(&port, 1, quiet_ms) > 0 &&
           ::read(get(), waiting.data(), waiting.size()) > 0) {
    }
}

void SerialPort::set_request_lines(bool on) noexcept {
    const int lines = TIOCM_RTS | TIOCM_DTR;
    ::ioctl(get(), on ? TIOCMBIS : TIOCMBIC, &lines);
}

} // namespace gridbridge
