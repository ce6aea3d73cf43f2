// How far a queue has come, as bytes of a file. Pure.
//
// The file has two slots that are written in turn, so that one is whole whenever the machine stops. Each, all
// numbers little-endian u64: count, acknowledged, next, boot, FNV-1a of these.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace gridbridge {

struct QueuePosition {
    std::uint64_t count = 0;        // of the times it was written
    std::uint64_t acknowledged = 0; // the sink has every point up to this seq
    std::uint64_t next = 1;         // no point gets a lower seq
    std::uint64_t boot = 0;         // in which it was written
    bool operator==(const QueuePosition&) const = default;
};

inline constexpr std::size_t position_slot = 40; // bytes; slot number count % 2

std::string position_bytes(const QueuePosition& position);
// The newest of the two slots; nothing: neither is whole.
std::optional<QueuePosition> read_position(std::string_view file);

} // namespace gridbridge
