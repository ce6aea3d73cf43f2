// Driver of one meter that sends telegrams.
#pragma once

#include "drivers/back_off.hpp"
#include "drivers/driver.hpp"
#include "drivers/handoff.hpp"
#include "drivers/interval.hpp"
#include "drivers/meter_config.hpp"
#include "drivers/stream/byte_source.hpp"
#include "drivers/stream/cipher_frame.hpp"
#include "drivers/stream/decoder.hpp"
#include "drivers/stream/mbus_sources.hpp"
#include "drivers/stream/parity_decoder.hpp"
#include "drivers/stream/serial_search.hpp"
#include "drivers/stream/share.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace gridbridge {

using SourceFactory = std::function<std::unique_ptr<ByteSource>(const MeterConfig& meter)>;

// Reads, decodes and hands over; the M-Bus devices of a P1 meter as channels 1..4 of its source. Finds the
// serial settings of a P1 port by listening when none are given. Reopens the link for ever, with growing
// pauses, when it is lost or silent for 35 s, three intervals of the meter or two configured ones. Runs on
// one thread; `handoff` must outlive it.
class StreamDriver final : public Driver {
  public:
    // `meter.driver` is P1, Sml or D0.
    StreamDriver(SourceId id, const MeterConfig& meter, Handoff& handoff, Log log,
                 SourceFactory make_source = make_byte_source);
    // With a search of its own, for tests.
    StreamDriver(SourceId id, const MeterConfig& meter, Handoff& handoff, Log log, SourceFactory make_source,
                 const SerialSearch& search);

    void run(std::stop_token stop) override;
    std::string connection() const override { return source_->name(); }

  private:
    void serve_link(const std::stop_token& stop);
    void take(std::span<const std::uint8_t> bytes);
    void listen_elsewhere(const std::stop_token& stop);
    void watch(std::span<const std::uint8_t> bytes);
    void complain(const std::string& problem);
    void pass_on(const Telegram& telegram, std::span<const std::uint8_t> raw);
    void on_telegram(const Telegram& telegram);
    void announce(const Telegram& telegram);
    void say_recognised(const Telegram& telegram);
    void on_lost(const std::string& reason);
    void count();
    std::string advice() const;
    Clock::duration patience() const;

    SourceId id_;
    MeterConfig meter_;
    Handoff& handoff_;
    Log log_;
    SourceFactory make_source_;
    SerialSearch search_;
    std::unique_ptr<ByteSource> source_;
    std::unique_ptr<StreamDecoder> decoder_;
    ParityDecoder* parity_ = nullptr; // decoder_ while serial settings are searched or were found, else none
    CipherWatch cipher_watch_;
    IntervalMeter interval_;
    BackOff back_off_;
    MeterCounters counters_;
    std::optional<MeterInfo> announced_; // nothing since the last loss
    std::string last_reason_;            // of the loss, empty while telegrams come
    Clock::time_point received_{};       // of the bytes being decoded
    MbusSources devices_;                // behind a P1 meter
    std::string recognised_;
    std::string complaint_; // said last about bytes that give no telegram
    bool had_power_ = false;
    bool warned_no_power_ = false;
    bool said_interval_ = false;
    std::unique_ptr<Share> share_; // while running, if the meter is shared
};

// A decoder for the dialect of `meter`, with its options.
std::unique_ptr<StreamDecoder> make_stream_decoder(const MeterConfig& meter, TelegramSink sink);

// `id` is the meter's place in the configuration.
std::unique_ptr<Driver> make_stream_driver(SourceId id, const MeterConfig& meter, Handoff& handoff,
                                           const Log& log);

} // namespace gridbridge
