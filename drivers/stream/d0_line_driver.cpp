#include "drivers/stream/d0_line_driver.hpp"

#include "drivers/io/stop_wait.hpp"
#include "drivers/io/stoppable_io.hpp"
#include "drivers/stream/source/d0_source.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <exception>

namespace gridbridge {
namespace {

constexpr std::chrono::seconds max_silence(35);

std::vector<D0SessionOptions> session_options(const SharedLine& meters) {
    std::vector<D0SessionOptions> all;
    all.reserve(meters.size());
    for (const auto& [id, meter] : meters) {
        all.push_back(d0_session_options(meter));
    }
    return all;
}

Clock::duration patience_of(const SharedLine& meters) {
    Clock::duration longest = max_silence;
    for (const auto& [id, meter] : meters) {
        longest = std::max<Clock::duration>(longest, 2 * meter.interval);
    }
    return longest;
}

} // namespace

D0LineDriver::D0LineDriver(const SharedLine& meters, Handoff& handoff, Log log, const WireFactory& make_line)
    : log_(std::move(log)), owners_(meters.size()), turns_(session_options(meters)),
      source_(make_line(meters.front().second)), patience_(patience_of(meters)) {
    for (const auto& [id, meter] : meters) {
        meters_.push_back(
            std::make_unique<AskedMeter>(AskedPlace{id, meters_.size(), owners_}, meter, handoff, log_));
    }
}

void D0LineDriver::run(std::stop_token stop) {
    for (const auto& meter : meters_) {
        meter->open_share();
    }
    while (!stop.stop_requested()) {
        std::string reason;
        try {
            source_->open(stop);
            turns_.start(Clock::now());
            serve_link(stop);
            reason = source_->name() + ": silent: are the meters connected, and are these their addresses?";
        } catch (const std::exception& error) {
            reason = error.what();
        }
        source_->close();
        if (!stop.stop_requested()) {
            on_lost(reason);
            wait_until(Clock::now() + back_off_.next(), stop);
        }
    }
    for (const auto& meter : meters_) {
        meter->close_share();
    }
}

// Returns when stop is requested or the link is silent.
void D0LineDriver::serve_link(const std::stop_token& stop) {
    std::array<std::uint8_t, 4096> buffer{};
    auto last_byte = Clock::now();
    while (!stop.stop_requested()) {
        act(Clock::now(), stop);
        const auto deadline = last_byte + patience_;
        const std::size_t size = source_->read_some(buffer, std::min(deadline, turns_.wake_at()), stop);
        const auto now = Clock::now();
        if (size > 0) {
            last_byte = now;
            take(std::span(buffer).first(size), now);
            refuse_if_overslept(now);
        } else if (now >= deadline) {
            return;
        }
    }
}

void D0LineDriver::act(Clock::time_point now, const std::stop_token& stop) {
    while (const auto action = turns_.next(now)) {
        if (action->baud != 0) {
            source_->set_speed(action->baud);
        }
        if (!action->send.empty()) {
            source_->write(action->send, stop);
        }
    }
    last_turn_ = turns_.turn().value_or(last_turn_);
    if (const auto ended = turns_.take_ended()) {
        if (meters_[ended->device]->end_turn(ended->has_answered, now, source_->name())) {
            back_off_.reset();
        }
    }
}

void D0LineDriver::take(std::span<const std::uint8_t> bytes, Clock::time_point now) {
    const auto turn = turns_.turn();
    turns_.received(bytes, now);
    if (!turn) {
        meters_[last_turn_]->skipped(bytes.size());
    } else if (meters_[*turn]->take(bytes, now, source_->name())) {
        back_off_.reset();
    }
}

void D0LineDriver::on_lost(const std::string& reason) {
    for (const auto& meter : meters_) {
        meter->lose_link(reason);
    }
}

std::unique_ptr<Driver> make_d0_line_driver(const SharedLine& meters, Handoff& handoff, const Log& log,
                                            const WireFactory& make_line) {
    return std::make_unique<D0LineDriver>(meters, handoff, log, make_line);
}

} // namespace gridbridge
