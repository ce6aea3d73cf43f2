// The wire to a simulated meter, in the time of its thread; now and then bytes are damaged or lost on it.
#pragma once

#include "app/recording/record.hpp"
#include "drivers/io/stop_wait.hpp"
#include "drivers/io/wire.hpp"
#include "tests/app/bundle/planted.hpp"

#include <algorithm>
#include <chrono>
#include <deque>
#include <functional>
#include <string>
#include <utility>

namespace gridbridge {

inline const Clock::time_point house_begin{std::chrono::hours(1)};

inline double house_seconds(Clock::time_point now) {
    return std::chrono::duration<double>(now - house_begin).count();
}

struct Chunk {
    Clock::time_point at;
    Bytes bytes;
};

// A line with one meter. `answer`: to what was sent; `telegram`: once a second.
struct Served {
    std::function<Bytes(const Bytes& sent, double seconds)> answer;
    std::function<Bytes(double seconds)> telegram;
    bool may_flip = true; // what has no checksum must not be damaged
};

class HouseWire final : public Wire {
  public:
    HouseWire(Served served, Chance& chance, bool damage)
        : served_(std::move(served)), chance_(chance), damage_(damage) {}

    void open(const std::stop_token& stop) override {
        wait_until(Clock::now() + std::chrono::milliseconds(3), stop);
        next_telegram_ = Clock::now() + std::chrono::milliseconds(300);
    }
    std::size_t read_some(std::span<std::uint8_t> buffer, Clock::time_point deadline,
                          const std::stop_token& stop) override {
        const auto due = std::max(deadline, Clock::now());
        while (served_.telegram && coming_.empty() && next_telegram_ <= due) {
            push(next_telegram_, served_.telegram(house_seconds(next_telegram_)));
            next_telegram_ += std::chrono::seconds(1);
        }
        const bool comes = !coming_.empty() && coming_.front().at <= due;
        if (!wait_until(comes ? std::max(coming_.front().at, Clock::now()) : deadline, stop) || !comes) {
            return 0;
        }
        Bytes& bytes = coming_.front().bytes;
        const std::size_t size = std::min(bytes.size(), buffer.size());
        std::copy_n(bytes.begin(), size, buffer.begin());
        bytes.erase(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
        if (bytes.empty()) {
            coming_.pop_front();
        }
        return size;
    }
    void write(std::span<const std::uint8_t> bytes, const std::stop_token& /*stop*/) override {
        if (served_.answer) {
            const Bytes answer = served_.answer({bytes.begin(), bytes.end()}, house_seconds(Clock::now()));
            push(Clock::now() + std::chrono::milliseconds(20), answer);
        }
    }
    void close() noexcept override { coming_.clear(); }
    std::string name() const override { return "house"; }

  private:
    // In pieces of any size.
    void push(Clock::time_point at, Bytes bytes) {
        spoil(bytes);
        for (std::size_t from = 0; from < bytes.size();) {
            const std::size_t size = std::min(1 + chance_.below(300), bytes.size() - from);
            const auto first = bytes.begin() + static_cast<std::ptrdiff_t>(from);
            coming_.push_back({at, {first, first + static_cast<std::ptrdiff_t>(size)}});
            at += std::chrono::milliseconds(4);
            from += size;
        }
    }
    void spoil(Bytes& bytes) {
        if (!damage_ || !served_.may_flip || bytes.size() < 8) {
            return;
        }
        if (chance_.one_in(7)) {
            bytes[chance_.below(bytes.size())] ^= static_cast<std::uint8_t>(1U << chance_.below(7));
        }
        if (chance_.one_in(15)) {
            const std::size_t from = chance_.below(bytes.size() - 4);
            bytes.erase(bytes.begin() + static_cast<std::ptrdiff_t>(from),
                        bytes.begin() + static_cast<std::ptrdiff_t>(from + 1 + chance_.below(3)));
        }
    }

    Served served_;
    Chance& chance_;
    bool damage_;
    std::deque<Chunk> coming_;
    Clock::time_point next_telegram_{};
};

} // namespace gridbridge
