// Driver of several D0 meters on one line, asked in turn by their addresses.
#pragma once

#include "drivers/io/back_off.hpp"
#include "drivers/stream/asked_meter.hpp"
#include "drivers/stream/d0/d0_turns.hpp"
#include "drivers/stream/source/byte_source.hpp"
#include "drivers/waist/driver.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace gridbridge {

// Place in the configuration and meter, as many as share a port or a TCP endpoint.
using SharedLine = std::vector<std::pair<SourceId, MeterConfig>>;

// Owns the line; each meter is one of its own in all else. Who is asked when: D0Turns. Reopens the link for
// ever, with growing pauses, when it is lost or nobody says anything for 35 s or two intervals. Runs on one
// thread; `handoff` must outlive it.
class D0LineDriver final : public Driver {
  public:
    // The line is opened as the first meter says.
    D0LineDriver(const SharedLine& meters, Handoff& handoff, Log log,
                 const WireFactory& make_line = make_line_source);

    void run(std::stop_token stop) override;
    std::string connection() const override { return source_->name(); }

  private:
    void serve_link(const std::stop_token& stop);
    void act(Clock::time_point now, const std::stop_token& stop);
    void take(std::span<const std::uint8_t> bytes, Clock::time_point now);
    void on_lost(const std::string& reason);

    Log log_;
    D0Owners owners_;
    D0Turns turns_;
    std::unique_ptr<Wire> source_;
    std::vector<std::unique_ptr<AskedMeter>> meters_;
    Clock::duration patience_;
    std::size_t last_turn_ = 0; // whose turn it is or was
    BackOff back_off_;
};

std::unique_ptr<Driver> make_d0_line_driver(const SharedLine& meters, Handoff& handoff, const Log& log,
                                            const WireFactory& make_line = make_line_source);

} // namespace gridbridge
