// The lines of an installation on real ports, in real time.
#pragma once

#include "app/simulate/pty.hpp"
#include "drivers/io/descriptor.hpp"
#include "tests/integration/process.hpp"
#include "tests/mill/course.hpp"
#include "tests/mill/installation.hpp"
#include "tests/mill/live/live_network.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace gridbridge::mill {

class LiveLines {
  public:
    // Opens a port for each line of the plan and puts it into the URIs of its meters.
    LiveLines(Plan& plan, const LiveNetwork& network);

    // From now on, until stop(); which of its lines are away when says `course`, from `begin` on. `mutex` is
    // held whenever something of `installation` is used; all outlive it.
    void serve(Installation& installation, std::mutex& mutex, const Course& course, Clock::time_point begin);
    void stop() { threads_.clear(); }

  private:
    struct Port {
        std::size_t line = 0;
        std::uint16_t number = 0; // of TCP
        Descriptor listener;      // none: it is away
        std::string link;         // of a serial port
        std::unique_ptr<Pty> pty; // none: it is unplugged
    };
    void serve_tcp(Port& port, Line& line, const std::stop_token& stop) const;
    void serve_pty(Port& port, Line& line, const std::stop_token& stop) const;
    bool open(Line& line) const;
    bool is_away(const Port& port) const;
    void carry(int fd, const Port& port, Line& line, const std::stop_token& stop) const;

    testing_support::Folder folder_;
    std::vector<Port> ports_;
    std::mutex* mutex_ = nullptr;
    const Course* course_ = nullptr;
    Clock::time_point begin_{};
    std::vector<std::jthread> threads_; // end before the ports
};

} // namespace gridbridge::mill
