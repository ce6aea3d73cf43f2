// A decoder and the watch beside it on a clock of their own, as the driver runs them.
#pragma once

#include "drivers/stream/byte_watch.hpp"
#include "drivers/stream/stream_driver.hpp"
#include "tests/drivers/stream/support.hpp"

#include <memory>
#include <utility>

namespace gridbridge::test {

class Watched {
  public:
    explicit Watched(const MeterConfig& meter)
        : watch_(meter), decoder_(make_stream_decoder(meter, [this](const Telegram&, auto) {
              ++telegrams;
              watch_.telegram(decoder_->counters(), now);
          })) {}

    // At `bytes_per_second`, in pieces as a port hands them on.
    void send(std::span<const std::uint8_t> bytes, double bytes_per_second) {
        constexpr std::size_t piece = 61;
        while (!bytes.empty()) {
            const auto some = bytes.first(std::min(bytes.size(), piece));
            wait(std::chrono::duration_cast<Clock::duration>(
                std::chrono::duration<double>(static_cast<double>(some.size()) / bytes_per_second)));
            watch_.received(some, now);
            decoder_->feed(some);
            look();
            bytes = bytes.subspan(some.size());
        }
    }
    void wait(Clock::duration time) {
        const auto end = now + time;
        while (watch_.deadline() <= end) {
            now = std::max(now, watch_.deadline());
            look();
        }
        now = end;
    }
    void silence() { decoder_->silence(); }
    void look() {
        if (auto complaint = watch_.look({decoder_->counters(), interval, may_guess, tried}, now)) {
            complaints.push_back(std::move(*complaint));
        }
    }
    ByteWatch& watch() { return watch_; }
    const StreamCounters& counters() const { return decoder_->counters(); }

    Clock::time_point now{std::chrono::hours(1)};
    Clock::duration interval{};
    bool may_guess = true;
    std::string tried;
    std::size_t telegrams = 0;
    std::vector<Complaint> complaints;

  private:
    ByteWatch watch_;
    std::unique_ptr<StreamDecoder> decoder_;
};

inline MeterConfig watched_meter(DriverKind driver, const std::string& key = "",
                                 const std::string& auth_key = "") {
    MeterConfig meter;
    meter.driver = driver;
    meter.transport = Transport::Tcp;
    meter.key = key;
    meter.auth_key = auth_key;
    return meter;
}

} // namespace gridbridge::test
