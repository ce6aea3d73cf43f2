// Driver of one meter that sends telegrams.
#pragma once

#include "drivers/io/back_off.hpp"
#include "drivers/meter/meter_config.hpp"
#include "drivers/stream/byte_watch.hpp"
#include "drivers/stream/line_meters.hpp"
#include "drivers/stream/obis/decoder.hpp"
#include "drivers/stream/serial_search.hpp"
#include "drivers/stream/share/share.hpp"
#include "drivers/stream/source/byte_source.hpp"
#include "drivers/values/interval.hpp"
#include "drivers/waist/driver.hpp"
#include "drivers/waist/handoff.hpp"
#include "drivers/waist/log.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace gridbridge {

// Reads, decodes and hands over. The M-Bus devices of a P1 meter are channels 1..4 of its source; a second
// meter that takes turns with it on the line is channel 8, with its devices behind that. Finds the serial
// settings of a P1 port by listening when none are given. Reopens the link for ever, with growing pauses,
// when it is lost or silent for 35 s, three intervals of the meter or two configured ones. Runs on one
// thread; `handoff` must outlive it.
class StreamDriver final : public Driver {
  public:
    // `meter.driver` is that of a stream.
    StreamDriver(SourceId id, const MeterConfig& meter, Handoff& handoff, Log log,
                 WireFactory make_source = make_byte_source);
    // With a search and a watch of its own, for tests.
    StreamDriver(SourceId id, const MeterConfig& meter, Handoff& handoff, Log log, WireFactory make_source,
                 const SerialSearch& search);
    StreamDriver(SourceId id, const MeterConfig& meter, Handoff& handoff, Log log, WireFactory make_source,
                 const SerialSearch& search, const ByteWatch& watch);

    void run(std::stop_token stop) override;
    std::string connection() const override { return source_->name(); }

  private:
    void serve_link(const std::stop_token& stop);
    void take(std::span<const std::uint8_t> bytes);
    void listen_elsewhere(const std::stop_token& stop);
    void complain();
    void on_telegram(const Telegram& telegram, std::span<const std::uint8_t> raw);
    void log_recognised(const Telegram& telegram, bool is_back);
    void on_lost(const std::string& reason);
    void count();
    Clock::duration patience() const;

    SourceId id_;
    MeterConfig meter_;
    Handoff& handoff_;
    Log log_;
    WireFactory make_source_;
    SerialSearch search_;
    std::unique_ptr<Wire> source_;
    std::unique_ptr<StreamDecoder> decoder_;
    ByteWatch watch_;
    IntervalMeter interval_;
    BackOff back_off_;
    MeterCounters counters_;
    LineMeters meters_;
    std::string last_reason_;      // of the loss, empty while telegrams come
    Clock::time_point received_{}; // of the bytes being decoded
    std::string recognised_;
    bool said_interval_ = false;
    std::unique_ptr<Share> share_; // while running, if the meter is shared
};

// A decoder for the dialect of `meter`, with its options; null when its driver is none of a stream.
std::unique_ptr<StreamDecoder> make_stream_decoder(const MeterConfig& meter, TelegramSink sink);

// `id` is the meter's place in the configuration.
std::unique_ptr<Driver> make_stream_driver(SourceId id, const MeterConfig& meter, Handoff& handoff,
                                           const Log& log, const WireFactory& make_line = make_line_source);

} // namespace gridbridge
