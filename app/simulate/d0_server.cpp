#include "app/simulate/d0_server.hpp"

#include "app/simulate/d0_port.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <exception>
#include <memory>
#include <optional>
#include <utility>

namespace gridbridge {
namespace {

using SteadyClock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr int start_baud = 300;
constexpr milliseconds reaction(200);
constexpr milliseconds acknowledgement_time(2000); // then the data come without it
constexpr std::array<int, 7> speeds{300, 600, 1200, 2400, 4800, 9600, 19200};

class RequestMeters {
  public:
    RequestMeters(const D0ServerOptions& options, D0Port& port) : options_(options), port_(port) {}

    void serve(const std::stop_token& stop) {
        constexpr milliseconds look_again(10);
        while (!stop.stop_requested()) {
            hear(port_.receive(look_again));
            if (due_ && SteadyClock::now() >= *due_) {
                due_.reset();
                answer();
            }
        }
    }

  private:
    void hear(const std::string& heard) {
        if (!heard.empty()) {
            port_.send(heard);
        }
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
            take_request(line.substr(request + 2, line.size() - request - 5));
        } else if (identified_ && acknowledgement != std::string::npos &&
                   line.size() >= acknowledgement + 4) {
            const char z = line[acknowledgement + 2];
            port_.set_speed(z >= '0' && z <= '6' ? speeds.at(static_cast<std::size_t>(z - '0')) : start_baud);
            due_ = SteadyClock::now() + reaction + milliseconds(100); // its own sending time at 300 bit/s
        }
    }

    // A device that is not meant is silent, also where it was speaking.
    void take_request(const std::string& address) {
        identified_ = false;
        due_.reset();
        const auto device =
            std::find_if(options_.devices.begin(), options_.devices.end(), [&](const D0Device& known) {
                return address.empty() || known.address.empty() || known.address == address;
            });
        if (device != options_.devices.end()) {
            readout_ = device->telegram(std::chrono::duration<double>(SteadyClock::now() - started_).count());
            due_ = SteadyClock::now() + reaction;
        }
    }

    void answer() {
        const std::size_t head = readout_.find('\n') + 1;
        if (!identified_) {
            port_.send(readout_.substr(0, head));
            identified_ = true;
            due_ = SteadyClock::now() + acknowledgement_time;
            return;
        }
        port_.send(readout_.substr(head));
        identified_ = false;
        port_.set_speed(start_baud);
    }

    const D0ServerOptions& options_;
    D0Port& port_;
    SteadyClock::time_point started_ = SteadyClock::now();
    std::string line_;
    std::string readout_;
    bool identified_ = false;
    std::optional<SteadyClock::time_point> due_;
};

} // namespace

int serve_d0_requests(const D0ServerOptions& options, const std::stop_token& stop) {
    constexpr int io_error = 74;
    try {
        const auto port = make_d0_port(options.listen);
        options.print_line("listening on " + port->where());
        RequestMeters(options, *port).serve(stop);
        return 0;
    } catch (const std::exception& error) {
        options.print_line(std::string("error: ") + error.what());
        return io_error;
    }
}

} // namespace gridbridge
