#include "drivers/stream/stream_driver.hpp"

#include "drivers/stop_wait.hpp"
#include "drivers/stream/d0.hpp"
#include "drivers/stream/mbus.hpp"
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
                           SourceFactory make_source)
    : StreamDriver(id, meter, handoff, std::move(log), std::move(make_source), SerialSearch(meter)) {}

StreamDriver::StreamDriver(SourceId id, const MeterConfig& meter, Handoff& handoff, Log log,
                           SourceFactory make_source, const SerialSearch& search)
    : id_(id), meter_(meter), handoff_(handoff), log_(std::move(log)), make_source_(std::move(make_source)),
      search_(search), source_(make_source_(search_.applied_to(meter_))), devices_(id.meter, handoff) {
    TelegramSink sink = [this](const Telegram& telegram, std::span<const std::uint8_t> raw) {
        pass_on(telegram, raw);
        on_telegram(telegram);
    };
    if (search_.wanted()) {
        auto decoder = std::make_unique<ParityDecoder>(std::move(sink), P1Options{meter_.accept_without_crc});
        parity_ = decoder.get();
        decoder_ = std::move(decoder);
    } else {
        decoder_ = make_stream_decoder(meter_, std::move(sink));
    }
}

void StreamDriver::run(std::stop_token stop) {
    share_ = make_share(meter_, log_);
    while (!stop.stop_requested()) {
        std::string reason;
        try {
            source_->open(stop);
            search_.opened(Clock::now());
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
        const bool silent_first = deadline <= search_.deadline();
        const std::size_t size = source_->read_some(buffer, std::min(deadline, search_.deadline()), stop);
        received_ = Clock::now();
        if (size > 0) {
            last_byte = received_;
            take(std::span(buffer).first(size));
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
    }
}

void StreamDriver::take(std::span<const std::uint8_t> bytes) {
    if (share_) {
        share_->received(bytes);
    }
    decoder_->feed(bytes);
    watch(bytes);
    count();
}

// The other speed: the port is opened anew.
void StreamDriver::listen_elsewhere(const std::stop_token& stop) {
    log_(LogLevel::Debug, meter_.uri, "no telegram yet: listening at " + std::string(search_.step().name));
    source_->close();
    decoder_->reset();
    parity_->may_have_parity(search_.step().may_have_parity);
    source_ = make_source_(search_.applied_to(meter_));
    source_->open(stop);
    search_.opened(Clock::now());
}

// Says why bytes that arrive give no telegram, where that can be told.
void StreamDriver::watch(std::span<const std::uint8_t> bytes) {
    if (meter_.driver != DriverKind::P1 || counters_.good > 0) {
        return;
    }
    const auto undeciphered =
        decoder_->counters().rejected.at(static_cast<std::size_t>(Rejection::Undeciphered));
    if (undeciphered > 0) {
        complain("the encrypted telegrams cannot be deciphered: are key and auth_key those of this meter?");
    } else if (meter_.key.empty() && cipher_watch_.feed(bytes)) {
        complain(
            "the telegrams are encrypted: set key (or key_file), for some meters also auth_key, to the keys "
            "of the grid operator");
    } else if (search_.all_tried()) {
        complain(
            "bytes arrive, but no telegram at 115200 8N1 or 9600 7E1: is this a P1 port, and is its signal "
            "inverted by the cable?");
    }
}

void StreamDriver::complain(const std::string& problem) {
    if (problem != complaint_) {
        complaint_ = problem;
        log_(LogLevel::Warn, meter_.uri, problem);
        handoff_.lose(id_, problem, counters_);
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
    search_.found();
    Reading reading = to_reading(telegram, meter_.direction, meter_.phases, meter_.invert);
    reading.received = received_;
    had_power_ = had_power_ || reading.has(Quantity::Power);
    say_recognised(telegram);
    announce(telegram);
    back_off_.reset();
    last_reason_.clear();
    if (!had_power_ && !warned_no_power_) {
        warned_no_power_ = true;
        log_(LogLevel::Warn, meter_.uri, "the meter sends " + advice());
    }
    counters_.good += 1;
    handoff_.put(id_, reading, counters_);
    if (meter_.driver == DriverKind::P1) {
        devices_.serve(mbus_devices(telegram, meter_, source_->name()), received_, counters_);
    }
}

std::string StreamDriver::advice() const {
    if (had_power_) {
        return {};
    }
    return meter_.driver == DriverKind::Sml ? "no power value: unlock it (PIN, then InF on)"
                                            : "no power value";
}

void StreamDriver::announce(const Telegram& telegram) {
    MeterInfo info = describe_meter(telegram, meter_, source_->name(), interval_.rounded());
    info.advice = advice();
    if (announced_ != info) {
        handoff_.announce(id_, info);
        announced_ = std::move(info);
    }
}

void StreamDriver::say_recognised(const Telegram& telegram) {
    if (!announced_) {
        std::string dialect = dialect_of(telegram, meter_.driver);
        if (search_.wanted()) {
            dialect += std::string(", at ") + std::string(search_.step().name);
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
    announced_.reset();
    devices_.lose(reason, counters_);
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
    const P1Options options{meter.accept_without_crc};
    if (const auto key = parse_cipher_key(meter.key)) {
        return std::make_unique<CipherDecoder>(std::move(sink),
                                               CipherKeys{*key, parse_cipher_key(meter.auth_key)}, options);
    }
    return std::make_unique<P1Decoder>(std::move(sink), options);
}

std::unique_ptr<Driver> make_stream_driver(SourceId id, const MeterConfig& meter, Handoff& handoff,
                                           const Log& log) {
    return std::make_unique<StreamDriver>(id, meter, handoff, log);
}

} // namespace gridbridge
