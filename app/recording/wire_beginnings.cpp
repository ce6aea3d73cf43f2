#include "app/recording/wire_beginnings.hpp"

#include "app/recording/wire_record.hpp"

#include <utility>

namespace gridbridge {

void WireBeginnings::add(const RecordedConnection& connection) {
    beginnings_[connection.number].tells_who_it_is = connection.dialect == WireDialect::Modbus;
}

void WireBeginnings::see(const Record& record) {
    const auto found = beginnings_.find(record.connection);
    if (found == beginnings_.end() || !event_kind_of(record.kind)) {
        return;
    }
    Beginning& beginning = found->second;
    beginning.was_seen = true;
    if (record.kind == Record::Kind::Opened) {
        clear(beginning);
        beginning.is_open = true;
        beginning.opened_at = record.at;
        keep(beginning, record);
    } else if (record.kind == Record::Kind::Closed) {
        clear(beginning);
    } else if (record.kind == Record::Kind::Speed) {
        beginning.speed = record;
    } else if (beginning.tells_who_it_is && beginning.is_open &&
               record.at - beginning.opened_at <= kept_time && beginning.records.bytes() < kept_bytes &&
               bytes_ < max_bytes_) {
        keep(beginning, record);
    }
}

void WireBeginnings::keep(Beginning& beginning, const Record& record) {
    const std::size_t before = beginning.records.bytes();
    beginning.records.add(record);
    bytes_ += beginning.records.bytes() - before;
}

void WireBeginnings::clear(Beginning& beginning) {
    bytes_ -= beginning.records.bytes();
    beginning.records = {};
    beginning.speed.reset();
    beginning.is_open = false;
}

void WireBeginnings::each(Clock::time_point at, const PackedRecords::Use& use) const {
    for (const auto& [number, beginning] : beginnings_) {
        if (!beginning.was_seen) {
            continue;
        }
        beginning.records.each(use);
        if (beginning.speed) {
            use(*beginning.speed);
        }
        Record cut;
        cut.kind = Record::Kind::Cut;
        cut.connection = number;
        cut.at = at;
        cut.number = beginning.is_open ? 1 : 0;
        use(std::move(cut));
    }
}

} // namespace gridbridge
