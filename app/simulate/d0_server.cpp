#include "app/simulate/d0_server.hpp"

#include "app/simulate/pty.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <exception>
#include <optional>
#include <utility>

#include <poll.h>
#include <termios.h>
#include <unistd.h>

namespace gridbridge {
namespace {

using SteadyClock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr milliseconds reaction(200);
constexpr milliseconds acknowledgement_time(2000); // then the data come without it
constexpr std::array<speed_t, 7> speeds{B300, B600, B1200, B2400, B4800, B9600, B19200};

class RequestMeter {
  public:
    explicit RequestMeter(const D0ServerOptions& options) : options_(options), pty_(options.path) {}

    const std::string& path() const { return pty_.path(); }
    void serve(const std::stop_token& stop) {
        while (!stop.stop_requested()) {
            constexpr int look_again = 10; // ms
            pollfd ready{pty_.master(), POLLIN, 0};
            if (::poll(&ready, 1, look_again) > 0) {
                receive();
            }
            if (due_ && SteadyClock::now() >= *due_) {
                due_.reset();
                answer();
            }
        }
    }

  private:
    void receive() {
        std::array<char, 256> buffer{};
        const ssize_t size = ::read(pty_.master(), buffer.data(), buffer.size());
        const std::string heard =
            fits() ? std::string(buffer.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0)))
                   : std::string();
        send(heard);
        for (const char c : heard) {
            line_ += static_cast<char>(c & 0x7F); // a pty has no 7E1: the parity comes in bit 7
            if (line_.back() == '\n') {
                take(std::exchange(line_, {}));
            }
        }
        line_.erase(0, line_.size() - std::min<std::size_t>(line_.size(), 64));
    }

    void take(const std::string& line) {
        const auto request = line.find("/?");
        const auto acknowledgement = line.find('\x06');
        if (request != std::string::npos && line.ends_with("!\r\n")) {
            readout_ =
                options_.telegram(std::chrono::duration<double>(SteadyClock::now() - started_).count());
            identified_ = false;
            due_ = SteadyClock::now() + reaction;
        } else if (identified_ && acknowledgement != std::string::npos &&
                   line.size() >= acknowledgement + 4) {
            const char z = line[acknowledgement + 2];
            speed_ = z >= '0' && z <= '6' ? speeds.at(static_cast<std::size_t>(z - '0')) : B300;
            due_ = SteadyClock::now() + reaction + milliseconds(100); // its own sending time at 300 bit/s
        }
    }

    void answer() {
        const std::size_t head = readout_.find('\n') + 1;
        if (!identified_) {
            send(readout_.substr(0, head));
            identified_ = true;
            due_ = SteadyClock::now() + acknowledgement_time;
            return;
        }
        send(readout_.substr(head));
        identified_ = false;
        speed_ = B300;
    }

    bool fits() const {
        termios settings{};
        return ::tcgetattr(pty_.master(), &settings) == 0 && ::cfgetospeed(&settings) == speed_;
    }
    void send(std::string text) const {
        if (!fits()) {
            std::fill(text.begin(), text.end(), '\x7F');
        }
        if (::write(pty_.master(), text.data(), text.size()) < static_cast<ssize_t>(text.size())) {
            ::tcflush(pty_.master(), TCIOFLUSH); // nobody reads
        }
    }

    const D0ServerOptions& options_;
    Pty pty_;
    SteadyClock::time_point started_ = SteadyClock::now();
    speed_t speed_ = B300;
    std::string line_;
    std::string readout_;
    bool identified_ = false;
    std::optional<SteadyClock::time_point> due_;
};

} // namespace

int serve_d0_requests(const D0ServerOptions& options, const std::stop_token& stop) {
    constexpr int io_error = 74;
    try {
        RequestMeter meter(options);
        options.print_line("listening on serial://" + meter.path());
        meter.serve(stop);
        return 0;
    } catch (const std::exception& error) {
        options.print_line(std::string("error: ") + error.what());
        return io_error;
    }
}

} // namespace gridbridge
