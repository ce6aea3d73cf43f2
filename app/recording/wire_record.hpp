// What a tap hears, as a record. Pure.
#pragma once

#include "app/recording/record.hpp"
#include "drivers/io/wire_event.hpp"

#include <optional>

namespace gridbridge {

constexpr Record::Kind kind_of(WireEvent::Kind kind) {
    switch (kind) {
    case WireEvent::Kind::Opened:
        return Record::Kind::Opened;
    case WireEvent::Kind::Received:
        return Record::Kind::Received;
    case WireEvent::Kind::Sent:
        return Record::Kind::Sent;
    case WireEvent::Kind::Speed:
        return Record::Kind::Speed;
    case WireEvent::Kind::Woke:
        return Record::Kind::Woke;
    case WireEvent::Kind::Failed:
        return Record::Kind::Failed;
    case WireEvent::Kind::Closed:
        break;
    }
    return Record::Kind::Closed;
}

// Nothing: it is not of a wire.
constexpr std::optional<WireEvent::Kind> event_kind_of(Record::Kind kind) {
    switch (kind) {
    case Record::Kind::Opened:
        return WireEvent::Kind::Opened;
    case Record::Kind::Received:
        return WireEvent::Kind::Received;
    case Record::Kind::Sent:
        return WireEvent::Kind::Sent;
    case Record::Kind::Speed:
        return WireEvent::Kind::Speed;
    case Record::Kind::Woke:
        return WireEvent::Kind::Woke;
    case Record::Kind::Failed:
        return WireEvent::Kind::Failed;
    case Record::Kind::Closed:
        return WireEvent::Kind::Closed;
    default:
        return std::nullopt;
    }
}

inline Record record_of(const WireEvent& event, unsigned connection) {
    return {kind_of(event.kind),     connection,   event.at, Bytes(event.bytes.begin(), event.bytes.end()),
            std::string(event.text), event.number, 0};
}

} // namespace gridbridge
