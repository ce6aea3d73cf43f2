#include "mqtt/sinks/sink_outlet.hpp"

#include <algorithm>
#include <utility>

namespace gridbridge {

using std::chrono::milliseconds;

SinkOutlet::SinkOutlet(SinkBook& book, std::shared_ptr<PointBox> box, SinkOutletOptions options)
    : book_(book), box_(std::move(box)), options_(std::move(options)) {}

// `at`: what its time is. It was measured then, or lost.
void SinkOutlet::make_point(const std::string& serial, SinkBook::Page& page, Clock::time_point at) {
    page.waits = false;
    QueuedPoint point;
    point.place = serial;
    point.text = options_.text(page.newest, serial, now_);
    if (const auto unix_ms = options_.unix_ms()) {
        point.time_ms = *unix_ms - std::chrono::ceil<milliseconds>(now_ - at).count();
    } else {
        point.time_ms = std::chrono::floor<milliseconds>(at.time_since_epoch()).count();
        point.boot = options_.boot;
    }
    box_->put(std::move(point));
}

void SinkOutlet::reading(const Meter& meter, Clock::time_point now, Messages& /*out*/) {
    now_ = std::max(now_, now);
    auto& [serial, page] = *book_.pages.try_emplace(meter.info.serial).first;
    ToldReading& told = page.newest;
    const bool is_known = told.live && told.reading.received == meter.reading.received;
    told.role = meter.role;
    told.instance = meter.instance;
    if (is_known) { // told once more, for a new role or because it is old: it is a point already, or waits
        return;
    }
    told.reading = meter.reading;
    told.live = true;
    for (const QuantityRow& row : quantity_table) {
        const std::size_t i = index_of(row.quantity);
        told.given[i] = told.given[i] || meter.reading.has(row.quantity);
    }
    page.waits = true;
    if (now_ >= page.due_at) {
        page.due_at = now_ + options_.interval;
        make_point(serial, page, told.reading.received);
    }
}

void SinkOutlet::end(const std::string& serial) {
    const auto known = book_.pages.find(serial);
    if (known == book_.pages.end() || !known->second.newest.live) {
        return;
    }
    ToldReading& told = known->second.newest;
    Reading nothing;
    nothing.received = told.reading.received;
    told.reading = nothing;
    told.live = false;
    // Never the time of the reading itself: a store would take both for one point.
    make_point(known->first, known->second, std::max(now_, nothing.received + milliseconds(1)));
}

void SinkOutlet::lost(const Meter& meter, Clock::time_point now, Messages& /*out*/) {
    now_ = std::max(now_, now);
    end(meter.info.serial);
}

void SinkOutlet::gone(const Meter& meter, Messages& /*out*/) {
    end(meter.info.serial);
}

void SinkOutlet::leave(Messages& /*out*/) {
    for (const auto& [serial, page] : book_.pages) {
        end(serial);
    }
}

void SinkOutlet::tick(Clock::time_point now, Messages& /*out*/) {
    now_ = std::max(now_, now);
    for (auto& [serial, page] : book_.pages) {
        if (page.waits && page.due_at <= now_) {
            page.due_at = now_ + options_.interval;
            make_point(serial, page, page.newest.reading.received);
        }
    }
}

Clock::time_point SinkOutlet::next_tick(Clock::time_point now) const {
    Clock::time_point next = now + std::chrono::hours(1);
    for (const auto& [serial, page] : book_.pages) {
        if (page.waits) {
            next = std::min(next, page.due_at);
        }
    }
    return next;
}

} // namespace gridbridge
