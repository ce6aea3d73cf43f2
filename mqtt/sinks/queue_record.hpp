// A point as it waits for its sink, and as bytes in a file of the queue. Pure.
//
// A record is, all numbers little-endian: u32 size of what is hashed, u64 FNV-1a of it; hashed: u64 seq, i64
// time, u64 boot, u16 size of place, place, text.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace gridbridge {

struct QueuedPoint {
    std::uint64_t seq = 0;    // given by the queue, from 1
    std::int64_t time_ms = 0; // Unix time; with a boot, of the steady clock that began with it
    std::uint64_t boot = 0;   // 0: the wall clock was set when it was made
    std::string place;        // level of a topic; at most 65535 bytes
    std::string text;         // without its time: that may be known later
    bool operator==(const QueuedPoint&) const = default;
};

// Bytes of a whole record; a longer one is not queued.
inline constexpr std::size_t max_record = std::size_t{64} * 1024;

std::size_t record_size(const QueuedPoint& point);
void append_record(std::string& bytes, const QueuedPoint& point);

enum class RecordState : unsigned char {
    Whole,
    Incomplete, // the bytes end within it
    Damaged,
};
// The record that `bytes` begin with. `point` and `size` are set when it is whole.
RecordState read_record(std::string_view bytes, QueuedPoint& point, std::size_t& size);

} // namespace gridbridge
