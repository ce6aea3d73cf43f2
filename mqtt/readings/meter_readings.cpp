#include "mqtt/readings/meter_readings.hpp"

#include "mqtt/outlet/topics.hpp"

#include <algorithm>
#include <utility>

namespace gridbridge {

MeterReadings::MeterReadings(ReadingBook& book, MeterReadingsOptions options)
    : book_(book), options_(std::move(options)) {}

std::string MeterReadings::topic_of(const std::string& serial) const {
    return meter_topic(options_.portal_id, serial) + "/reading";
}

void MeterReadings::say(const std::string& topic, ReadingBook::Page& page, Messages& out) const {
    ++page.newest.seq;
    page.waits = false;
    out.push_back({topic, reading_json(page.newest, now_)});
}

void MeterReadings::reading(const Meter& meter, Clock::time_point now, Messages& out) {
    now_ = now;
    const auto known = book_.pages.try_emplace(topic_of(meter.info.serial)).first;
    auto& [topic, page] = *known;
    ToldReading& told = page.newest;
    if (!meter.faded) { // else it is the reading from before
        const auto age = std::chrono::floor<std::chrono::milliseconds>(now - meter.reading.received).count();
        const auto unix_ms = options_.unix_ms();
        told.unix_ms = unix_ms ? std::optional(*unix_ms - age) : std::nullopt;
    }
    told.reading = meter.reading;
    for (const QuantityRow& row : quantity_table) {
        told.given[index_of(row.quantity)] =
            told.given[index_of(row.quantity)] || meter.reading.has(row.quantity);
    }
    told.role = meter.role;
    told.instance = meter.instance;
    told.live = true;
    page.is_forgotten = false;
    page.faded = meter.faded;
    page.waits = true;
    if (meter.faded) {
        say(topic, page, out);
    } else if (now >= page.due_at) {
        page.due_at = now + options_.interval;
        say(topic, page, out);
    }
}

void MeterReadings::end(const std::string& topic, Messages& out) {
    const auto known = book_.pages.find(topic);
    if (known == book_.pages.end() || !known->second.newest.live) {
        return;
    }
    ToldReading& told = known->second.newest;
    Reading nothing;
    nothing.received = told.reading.received;
    nothing.meter_second = told.reading.meter_second;
    told.reading = nothing;
    told.live = false;
    say(known->first, known->second, out);
}

void MeterReadings::lost(const Meter& meter, Clock::time_point now, Messages& out) {
    now_ = now;
    end(topic_of(meter.info.serial), out);
}

void MeterReadings::gone(const Meter& meter, Messages& out) {
    end(topic_of(meter.info.serial), out);
}

// It goes on counting if it returns after all.
void MeterReadings::forgotten(const std::string& serial, Messages& out) {
    const auto known = book_.pages.find(topic_of(serial));
    if (known != book_.pages.end()) {
        end(known->first, out);
        known->second.is_forgotten = true;
    }
}

void MeterReadings::leave(Messages& out) {
    for (const auto& [topic, page] : book_.pages) {
        end(topic, out);
    }
}

// Whoever listens may have missed it, and no further reading says it; readings of the past are no news.
void MeterReadings::connected(Clock::time_point now, Messages& out) {
    now_ = now;
    for (auto& [topic, page] : book_.pages) {
        if (!page.is_forgotten && (!page.newest.live || page.faded)) {
            say(topic, page, out);
        }
    }
}

void MeterReadings::tick(Clock::time_point now, Messages& out) {
    now_ = now;
    for (auto& [topic, page] : book_.pages) {
        if (page.waits && page.due_at <= now) {
            page.due_at = now + options_.interval;
            say(topic, page, out);
        }
    }
}

Clock::time_point MeterReadings::next_tick(Clock::time_point now) const {
    Clock::time_point next = now + std::chrono::hours(1);
    for (const auto& [topic, page] : book_.pages) {
        if (page.waits) {
            next = std::min(next, page.due_at);
        }
    }
    return next;
}

} // namespace gridbridge
