#include "drivers/stream/stream_driver.hpp"

#include "drivers/io/stop_wait.hpp"
#include "drivers/io/stoppable_io.hpp"
#include "drivers/stream/d0/d0.hpp"
#include "drivers/stream/obis/kept_telegram.hpp"
#include "drivers/stream/obis/meter_identity.hpp"
#include "drivers/stream/p1/parity_decoder.hpp"
#include "drivers/stream/sml/sml.hpp"
#include "drivers/stream/stream_counts.hpp"

#include <algorithm>
#include <array>
#include <exception>
#include <span>
#include <utility>

namespace gridbridge {
namespace {

constexpr std::chrono::seconds end_silence(1);  // ends a telegram that only silence ends
constexpr std::chrono::seconds max_silence(35); // Nordic meters are silent for a while after power-up

std::unique_ptr<StreamDecoder> make_p1_decoder(const MeterConfig& meter, TelegramSink sink) {
    const P1Options options{meter.accept_without_crc};
    if (const auto key = parse_cipher_key(meter.key)) {
        return std::make_unique<CipherDecoder>(std::move(sink),
                                               CipherKeys{*key, parse_cipher_key(meter.auth_key)}, options);
    }
    return std::make_unique<ParityDecoder>(std::move(sink), options);
}

template <typename Decoder>
std::unique_ptr<StreamDecoder> make_plain_decoder(const MeterConfig& /*meter*/, TelegramSink sink) {
    return std::make_unique<Decoder>(std::move(sink));
}

struct DecoderRow {
    DriverKind driver;
    std::unique_ptr<StreamDecoder> (*make)(const MeterConfig& meter, TelegramSink sink);
};
constexpr std::array decoder_rows{DecoderRow{DriverKind::P1, make_p1_decoder},
                                  DecoderRow{DriverKind::Sml, make_plain_decoder<SmlDecoder>},
                                  DecoderRow{DriverKind::D0, make_plain_decoder<D0Decoder>}};
static_assert(std::all_of(driver_table.begin(), driver_table.end(),
                          [](const DriverRow& row) {
                              return (row.is_stream && !row.is_formed) ==
                                     std::any_of(
                                         decoder_rows.begin(), decoder_rows.end(),
                                         [&](const DecoderRow& known) { return known.driver == row.kind; });
                          }),
              "every stream has a decoder");

} // namespace

StreamDriver::StreamDriver(SourceId id, const MeterConfig& meter, Handoff& handoff, Log log,
                           WireFactory make_source)
    : StreamDriver(id, meter, handoff, std::move(log), std::move(make_source), SerialSearch(meter)) {}

StreamDriver::StreamDriver(SourceId id, const MeterConfig& meter, Handoff& handoff, Log log,
                           WireFactory make_source, const SerialSearch& search)
    : StreamDriver(id, meter, handoff, std::move(log), std::move(make_source), search, ByteWatch(meter)) {}

StreamDriver::StreamDriver(SourceId id, const MeterConfig& meter, Handoff& handoff, Log log,
                           WireFactory make_source, const SerialSearch& search, const ByteWatch& watch)
    : id_(id), meter_(meter), handoff_(handoff), log_(std::move(log)), make_source_(std::move(make_source)),
      search_(search), source_(make_source_(search_.applied_to(meter_))), watch_(watch),
      meters_(id, meter_, handoff, log_) {
    TelegramSink sink = [this](const Telegram& telegram, std::span<const std::uint8_t> raw) {
        on_telegram(telegram, raw);
    };
    decoder_ = make_stream_decoder(meter_, std::move(sink));
}

void StreamDriver::run(std::stop_token stop) {
    share_ = make_share(meter_, log_);
    while (!stop.stop_requested()) {
        std::string reason;
        try {
            source_->open(stop);
            search_.opened(Clock::now());
            watch_.reopened();
            serve_link(stop);
            reason = source_->name() + ": silent: is the meter connected and its data output switched on?";
        } catch (const std::exception& error) {
            reason = error.what();
            interval_.interrupt(); // while silence is the pace of a slow meter
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
    std::array<std::uint8_t, 2048> buffer{}; // most telegrams are shorter
    auto last_byte = Clock::now();
    while (!stop.stop_requested()) {
        const bool complete = decoder_->awaits_silence();
        const auto deadline = last_byte + (complete ? end_silence : patience());
        const auto other_things = std::min(search_.deadline(), watch_.deadline());
        const bool silent_first = deadline <= other_things;
        const std::size_t size = source_->read_some(buffer, std::min(deadline, other_things), stop);
        received_ = Clock::now();
        if (size > 0) {
            last_byte = received_;
            counters_.heard = received_;
            take(std::span(buffer).first(size));
            refuse_if_overslept(received_);
        } else if (silent_first && complete) {
            decoder_->silence();
            count();
        } else if (silent_first && source_->reopen_when_silent()) {
            return;
        } else if (silent_first) {
            last_byte = received_;
        }
        if (search_.expire(received_)) {
            listen_elsewhere(stop);
        }
        complain();
    }
}

void StreamDriver::take(std::span<const std::uint8_t> bytes) {
    if (share_) {
        share_->received(bytes);
    }
    watch_.received(bytes, received_);
    decoder_->feed(bytes);
    count();
}

// The other speed: the port is opened anew.
void StreamDriver::listen_elsewhere(const std::stop_token& stop) {
    log_(LogLevel::Debug, meter_.uri, "no telegram yet: listening at " + std::string(search_.step().name));
    source_->close();
    decoder_->reset();
    watch_.changed_settings(decoder_->counters(), received_);
    source_ = make_source_(search_.applied_to(meter_));
    source_->open(stop);
    search_.opened(Clock::now());
}

// Says what the bytes look like that arrive and give no telegram.
void StreamDriver::complain() {
    const bool all_tried = search_.all_tried();
    const auto complaint =
        watch_.look({decoder_->counters(), interval_.interval().value_or(meter_.interval),
                     all_tried || !search_.searching(), all_tried ? SerialSearch::all_settings : ""},
                    received_);
    if (!complaint) {
        return;
    }
    if (complaint->is_news) {
        log_(LogLevel::Warn, meter_.uri, complaint->text);
    }
    meters_.advise(complaint->text);
    const bool is_lost_already = !last_reason_.empty(); // why the link ended is no reason any more
    if (complaint->is_lost || is_lost_already) {
        meters_.lose(complaint->text, true, counters_);
    }
}

void StreamDriver::on_telegram(const Telegram& telegram, std::span<const std::uint8_t> raw) {
    if (share_) {
        share_->accepted(with_line_end(meter_.driver, raw));
    }
    watch_.telegram(decoder_->counters(), received_);
    interval_.arrived(received_);
    search_.found();
    back_off_.reset();
    const bool was_announced = meters_.is_announced();
    if (!meters_.serve({telegram, raw, received_, source_->name()}, counters_)) {
        return;
    }
    last_reason_.clear();
    log_recognised(telegram, !was_announced);
}

void StreamDriver::log_recognised(const Telegram& telegram, bool is_back) {
    if (is_back) {
        std::string dialect = dialect_of(telegram, meter_.driver);
        if (search_.wanted()) {
            dialect +=
                ", at " + std::to_string(search_.step().baud) + (decoder_->strips_parity() ? " 7E1" : " 8N1");
        }
        if (dialect != recognised_) {
            recognised_ = std::move(dialect);
            said_interval_ = false;
            log_(LogLevel::Info, meter_.uri, "recognised " + recognised_);
        }
    }
    if (const auto pace = interval_.rounded(); pace && !said_interval_) {
        said_interval_ = true;
        const auto seconds = pace->count() / 1000;
        log_(LogLevel::Info, meter_.uri,
             recognised_ +
                 (seconds == 1 ? ", 1 telegram/s" : ", 1 telegram every " + std::to_string(seconds) + " s"));
    }
}

void StreamDriver::on_lost(const std::string& reason) {
    const bool is_news = reason != last_reason_;
    counters_.reconnects += 1;
    meters_.lose(reason, is_news, counters_);
    if (is_news) {
        last_reason_ = reason;
        log_(LogLevel::Warn, meter_.uri, reason);
    }
    count();
}

void StreamDriver::count() {
    take_counts(decoder_->counters(), counters_);
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
    const auto* const row =
        std::find_if(decoder_rows.begin(), decoder_rows.end(),
                     [&](const DecoderRow& known) { return known.driver == meter.driver; });
    return row == decoder_rows.end() ? nullptr : row->make(meter, std::move(sink));
}

std::unique_ptr<Driver> make_stream_driver(SourceId id, const MeterConfig& meter, Handoff& handoff,
                                           const Log& log, const WireFactory& make_line) {
    return std::make_unique<StreamDriver>(id, meter, handoff, log, [make_line](const MeterConfig& served) {
        return byte_source_over(served, make_line(served));
    });
}

} // namespace gridbridge
