#include "drivers/stream/stream_driver.hpp"

#include "drivers/stop_wait.hpp"
#include "drivers/stream/d0.hpp"
#include "drivers/stream/meter_identity.hpp"
#include "drivers/stream/obis_map.hpp"
#include "drivers/stream/p1.hpp"
#include "drivers/stream/sml.hpp"
#include "drivers/stream/telegram_copy.hpp"

#include <algorithm>
#include <array>
#include <exception>
#include <numeric>
#include <span>
#include <utility>

namespace gridbridge {
namespace {

static_assert(rejection_count <= std::tuple_size_v<decltype(MeterCounters::rejected_by)>);
constexpr std::chrono::seconds end_silence(1);  // ends a telegram that only silence ends
constexpr std::chrono::seconds max_silence(35); // Nordic meters are silent for a while after power-up

std::uint64_t total_rejected(const StreamCounters& counters) {
    return std::accumulate(counters.rejected.begin(), counters.rejected.end(), std::uint64_t{0});
}

} // namespace

StreamDriver::StreamDriver(SourceId id, const MeterConfig& meter, Handoff& handoff, Log log,
                           std::unique_ptr<ByteSource> source)
    : id_(id), meter_(meter), handoff_(handoff), log_(std::move(log)), source_(std::move(source)),
      decoder_(
          make_stream_decoder(meter_, [this](const Telegram& telegram, std::span<const std::uint8_t> raw) {
              pass_on(telegram, raw);
              on_telegram(telegram);
          })) {}

void StreamDriver::run(std::stop_token stop) {
    share_ = make_share(meter_, log_);
    while (!stop.stop_requested()) {
        std::string reason;
        try {
            source_->open(stop);
            serve_link(stop);
            reason = source_->name() + ": silent: is the meter connected and its data output switched on?";
        } catch (const std::exception& error) {
            reason = error.what();
        }
        source_->close();
        decoder_->reset();
        if (!stop.stop_requested()) {
            on_lost(reason);
            wait_until(Clock::now() + back_off_.next(), stop);
        }
    }
    share_.reset();
}

// Returns when stop is requested or the link is silent.
void StreamDriver::serve_link(const std::stop_token& stop) {
    std::array<std::uint8_t, 4096> buffer{};
    auto last_byte = Clock::now();
    while (!stop.stop_requested()) {
        const bool complete = decoder_->awaits_silence();
        const auto deadline = last_byte + (complete ? end_silence : patience());
        const std::size_t size = source_->read_some(buffer, deadline, stop);
        received_ = Clock::now();
        if (size > 0) {
            last_byte = received_;
            if (share_) {
                share_->received(std::span(buffer).first(size));
            }
            decoder_->feed(std::span(buffer).first(size));
            count();
        } else if (complete) {
            decoder_->silence();
            count();
        } else if (source_->reopen_when_silent()) {
            return;
        } else {
            last_byte = received_;
        }
    }
}

// The telegram itself, for those who want it beside its reading.
void StreamDriver::pass_on(const Telegram& telegram, std::span<const std::uint8_t> raw) {
    if (share_) {
        share_->accepted(with_line_end(meter_.driver, raw));
    }
    if (handoff_.keeps_telegrams()) {
        handoff_.keep(id_, copy_telegram(telegram, raw));
    }
}

void StreamDriver::on_telegram(const Telegram& telegram) {
    interval_.arrived(received_);
    announce(telegram);
    back_off_.reset();
    last_reason_.clear();
    Reading reading = to_reading(telegram, meter_.direction, meter_.phases, meter_.invert);
    reading.received = received_;
    if (!reading.has(Quantity::Power) && !warned_no_power_) {
        warned_no_power_ = true;
        log_(LogLevel::Warn, meter_.uri,
             meter_.driver == DriverKind::Sml ? "the meter sends no power value: unlock it (PIN, then InF on)"
                                              : "the meter sends no power value");
    }
    counters_.good += 1;
    handoff_.put(id_, reading, counters_);
}

void StreamDriver::announce(const Telegram& telegram) {
    MeterInfo info = describe_meter(telegram, meter_, source_->name(), interval_.rounded());
    if (announced_ != info) {
        handoff_.announce(id_, info);
        announced_ = std::move(info);
    }
}

void StreamDriver::on_lost(const std::string& reason) {
    announced_.reset();
    interval_.interrupt();
    counters_.reconnects += 1;
    if (reason != last_reason_) {
        last_reason_ = reason;
        log_(LogLevel::Warn, meter_.uri, reason);
        handoff_.lose(id_, reason, counters_);
    }
    count();
}

void StreamDriver::count() {
    const StreamCounters& stream = decoder_->counters();
    counters_.rejected = total_rejected(stream);
    for (std::size_t i = 0; i < rejection_count; ++i) {
        counters_.rejected_by.at(i) = {rejection_names.at(i), stream.rejected.at(i)};
    }
    counters_.skipped_bytes = stream.skipped_bytes;
    if (share_) {
        counters_.share_clients = share_->clients();
        counters_.share_missed = share_->missed();
        counters_.share_disconnected = share_->disconnected();
    }
    handoff_.count(id_, counters_);
}

Clock::duration StreamDriver::patience() const {
    const auto interval = interval_.interval().value_or(Clock::duration::zero());
    return std::max<Clock::duration>({max_silence, 3 * interval, 2 * meter_.interval});
}

std::unique_ptr<StreamDecoder> make_stream_decoder(const MeterConfig& meter, TelegramSink sink) {
    if (meter.driver == DriverKind::Sml) {
        return std::make_unique<SmlDecoder>(std::move(sink));
    }
    if (meter.driver == DriverKind::D0) {
        return std::make_unique<D0Decoder>(std::move(sink));
    }
    return std::make_unique<P1Decoder>(std::move(sink), P1Options{meter.accept_without_crc});
}

std::unique_ptr<Driver> make_stream_driver(SourceId id, const MeterConfig& meter, Handoff& handoff,
                                           const Log& log) {
    return std::make_unique<StreamDriver>(id, meter, handoff, log, make_byte_source(meter));
}

} // namespace gridbridge
