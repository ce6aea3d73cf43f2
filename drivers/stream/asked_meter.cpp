#include "drivers/stream/asked_meter.hpp"

#include "drivers/stream/obis/kept_telegram.hpp"
#include "drivers/stream/obis/meter_identity.hpp"
#include "drivers/stream/stream_counts.hpp"

#include <utility>

namespace gridbridge {
namespace {

MeterConfig named_by_address(MeterConfig meter) {
    meter.uri = place_of(meter);
    return meter;
}

} // namespace

// One device has one address: a second serial number takes the place of the first.
AskedMeter::AskedMeter(AskedPlace place, MeterConfig meter, Handoff& handoff, const Log& log)
    : place_(place), meter_(named_by_address(std::move(meter))), handoff_(handoff), log_(log),
      decoder_([this](const Telegram& telegram, std::span<const std::uint8_t> raw) {
          on_telegram(telegram, raw);
      }),
      meters_(place.id, meter_, handoff, log, 1) {}

bool AskedMeter::take(std::span<const std::uint8_t> bytes, Clock::time_point now,
                      const std::string& connection) {
    counters_.heard = now;
    now_ = now;
    connection_ = connection;
    was_taken_ = false;
    if (share_) {
        share_->received(bytes);
    }
    decoder_.feed(bytes);
    count();
    return was_taken_;
}

bool AskedMeter::end_turn(bool has_answered, Clock::time_point now, const std::string& connection) {
    now_ = now;
    connection_ = connection;
    was_taken_ = false;
    decoder_.end_of_stream(); // the session has waited
    counters_.timeouts += has_answered ? 0U : 1U;
    misses_ = std::exchange(was_served_, false) ? 0 : misses_ + 1;
    if (misses_ >= most_misses) {
        lose(complaint(has_answered));
    }
    foreign_serial_.clear();
    count();
    return was_taken_;
}

void AskedMeter::lose_link(const std::string& reason) {
    decoder_.reset();
    misses_ = 0;
    was_served_ = false;
    foreign_serial_.clear();
    counters_.reconnects += 1;
    lose(reason);
    count();
}

std::string AskedMeter::complaint(bool has_answered) const {
    if (!foreign_serial_.empty()) {
        return "the device that answers is that of another address, by its serial number " + foreign_serial_ +
               ": has each meter on this line an address of its own?";
    }
    return has_answered ? "its readouts cannot be read"
                        : "no answer: is this the address of the meter, and is it connected?";
}

void AskedMeter::on_telegram(const Telegram& telegram, std::span<const std::uint8_t> raw) {
    if (!is_own(telegram)) {
        ++counters_.unidentified;
        return;
    }
    if (share_) {
        share_->accepted(with_line_end(meter_.driver, raw));
    }
    const bool is_back = !meters_.is_announced();
    if (!meters_.serve({telegram, raw, now_, connection_ + " address " + meter_.address}, counters_)) {
        return;
    }
    place_.owners.accepted(place_.number, telegram);
    was_taken_ = true;
    was_served_ = true;
    last_reason_.clear();
    if (std::string dialect = dialect_of(telegram, meter_.driver); is_back && dialect != recognised_) {
        recognised_ = std::move(dialect);
        log_(LogLevel::Info, meter_.uri, "recognised " + recognised_);
    }
}

bool AskedMeter::is_own(const Telegram& telegram) {
    if (!place_.owners.other_owner(place_.number, telegram)) {
        return true;
    }
    foreign_serial_ = telegram.serial.empty() ? telegram.ident : telegram.serial;
    return false;
}

void AskedMeter::lose(const std::string& reason) {
    const bool is_news = std::exchange(last_reason_, reason) != reason;
    meters_.lose(reason, is_news, counters_);
    if (is_news) {
        log_(LogLevel::Warn, meter_.uri, reason);
    }
}

void AskedMeter::count() {
    take_counts(decoder_.counters(), counters_);
    counters_.skipped_bytes += skipped_;
    if (share_) {
        counters_.share_clients = share_->clients();
        counters_.share_missed = share_->missed();
        counters_.share_disconnected = share_->disconnected();
    }
    handoff_.count(place_.id, counters_);
}

} // namespace gridbridge
