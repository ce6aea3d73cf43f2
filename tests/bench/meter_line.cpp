#include "tests/bench/meter_line.hpp"

#include "app/simulate/modbus_image.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <utility>

namespace gridbridge::bench {
namespace {

constexpr unsigned power_register = 0x28; // two words, low word first, 0.1 W
constexpr double silent_characters = 3.5;
constexpr double bits_per_character = 10;

Clock::duration line_time(double characters, int baud) {
    return baud == 0 ? Clock::duration::zero()
                     : std::chrono::duration_cast<Clock::duration>(
                           std::chrono::duration<double>(characters * bits_per_character / baud));
}

bool asks_for_power(const SlaveRequest& request) {
    if (request.pdu.size() < 5) {
        return false;
    }
    const unsigned first = static_cast<unsigned>(request.pdu[1]) << 8U | request.pdu[2];
    const unsigned words = static_cast<unsigned>(request.pdu[3]) << 8U | request.pdu[4];
    return first <= power_register && power_register + 1 < first + words;
}

double seconds(Clock::duration duration) {
    return std::chrono::duration<double>(duration).count();
}

} // namespace

MeterLine::MeterLine(MeterLineOptions options, Latency& latency)
    : options_(std::move(options)), latency_(latency),
      framing_(options_.over_tcp ? SlaveFraming::Tcp : SlaveFraming::Serial),
      image_(built_in_image(options_.image).value()), stop_(::eventfd(0, EFD_CLOEXEC)) {
    if (options_.over_tcp) {
        listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_ANY);
        socklen_t size = sizeof address;
        ::bind(listener_, reinterpret_cast<const sockaddr*>(&address), size);
        ::listen(listener_, 4);
        ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
        port_ = ntohs(address.sin_port);
    } else {
        pty_.emplace();
    }
    server_ = std::thread([this] { serve(); });
}

MeterLine::~MeterLine() {
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = ::write(stop_, &one, sizeof one);
    server_.join();
    ::close(stop_);
    ::close(listener_);
}

std::string MeterLine::uri() const {
    return pty_ ? "cg+rtu://" + pty_->path() : "cg+tcp://127.0.0.1:" + std::to_string(port_);
}

LineUse MeterLine::take_use() {
    const std::lock_guard lock(mutex_);
    return std::exchange(use_, {});
}

void MeterLine::serve() {
    ::prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL);
    int fd = pty_ ? pty_->master() : -1;
    std::vector<std::uint8_t> received;
    while (true) {
        std::array<pollfd, 2> watched{{{stop_, POLLIN, 0}, {fd >= 0 ? fd : listener_, POLLIN, 0}}};
        ::poll(watched.data(), watched.size(), -1);
        if (watched[0].revents != 0) {
            break;
        }
        if (fd < 0) {
            fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
            const int on = 1;
            ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        } else if (!take(fd, received)) {
            ::close(std::exchange(fd, -1));
        }
    }
    if (!pty_ && fd >= 0) {
        ::close(fd);
    }
}

bool MeterLine::take(int fd, std::vector<std::uint8_t>& received) {
    std::array<std::uint8_t, 512> chunk{};
    const ssize_t size = ::read(fd, chunk.data(), chunk.size());
    if (size <= 0) {
        return pty_.has_value();
    }
    received.insert(received.end(), chunk.begin(), chunk.begin() + size);
    std::size_t consumed = 0;
    const auto request = take_request(received, framing_, consumed);
    received.erase(received.begin(), received.begin() + static_cast<std::ptrdiff_t>(consumed));
    if (request) {
        reply(fd, *request);
    }
    return true;
}

void MeterLine::reply(int fd, const SlaveRequest& request) {
    const auto received = Clock::now();
    const long watts = latency_.next_watts();
    image_.move(image_, seconds(received - started_));
    image_.registers[power_register] = static_cast<std::uint16_t>(watts * 10 & 0xFFFF);
    image_.registers[power_register + 1] = static_cast<std::uint16_t>(watts * 10 >> 16);
    const auto bytes = framed(request, answer(image_, request.pdu), framing_);
    const auto characters = static_cast<double>(request.pdu.size() + 3 + bytes.size());
    const auto due = received + line_time(characters, options_.baud) + options_.turnaround;
    if (due > received) {
        std::this_thread::sleep_until(due);
    }
    const bool has_power = asks_for_power(request);
    if (has_power) {
        latency_.sent(watts);
    }
    [[maybe_unused]] const auto written = ::write(fd, bytes.data(), bytes.size());
    count(received, Clock::now(), has_power);
}

void MeterLine::count(Clock::time_point received, Clock::time_point answered, bool has_power) {
    const std::lock_guard lock(mutex_);
    const auto since = last_answer_ == Clock::time_point{} ? received : last_answer_;
    use_.total_s += seconds(answered - since);
    use_.used_s += seconds(answered - received + line_time(silent_characters, options_.baud));
    use_.requests += 1;
    use_.cycles += has_power ? 1 : 0;
    last_answer_ = answered;
}

} // namespace gridbridge::bench
