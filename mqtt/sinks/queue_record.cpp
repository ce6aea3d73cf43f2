#include "mqtt/sinks/queue_record.hpp"

#include "drivers/text/fnv.hpp"
#include "mqtt/sinks/little_endian.hpp"

#include <utility>

namespace gridbridge {
namespace {

constexpr std::size_t head_size = 4 + 8;
constexpr std::size_t fixed_size = 8 + 8 + 8 + 2; // of what is hashed

} // namespace

std::size_t record_size(const QueuedPoint& point) {
    return head_size + fixed_size + point.place.size() + point.text.size();
}

void append_record(std::string& bytes, const QueuedPoint& point) {
    std::string hashed;
    hashed.reserve(fixed_size + point.place.size() + point.text.size());
    put_number(hashed, point.seq);
    put_number(hashed, static_cast<std::uint64_t>(point.time_ms));
    put_number(hashed, point.boot);
    put_number(hashed, static_cast<std::uint16_t>(point.place.size()));
    hashed += point.place;
    hashed += point.text;
    put_number(bytes, static_cast<std::uint32_t>(hashed.size()));
    put_number(bytes, fnv1a<std::uint64_t>(hashed));
    bytes += hashed;
}

RecordState read_record(std::string_view bytes, QueuedPoint& point, std::size_t& size) {
    if (bytes.size() < head_size) {
        return RecordState::Incomplete;
    }
    const auto length = take_number<std::uint32_t>(bytes);
    const auto hash = take_number<std::uint64_t>(bytes);
    if (length < fixed_size || length > max_record - head_size) {
        return RecordState::Damaged;
    }
    if (bytes.size() < length) {
        return RecordState::Incomplete;
    }
    std::string_view hashed = bytes.substr(0, length);
    if (fnv1a<std::uint64_t>(hashed) != hash) {
        return RecordState::Damaged;
    }
    QueuedPoint read;
    read.seq = take_number<std::uint64_t>(hashed);
    read.time_ms = static_cast<std::int64_t>(take_number<std::uint64_t>(hashed));
    read.boot = take_number<std::uint64_t>(hashed);
    const std::size_t place = take_number<std::uint16_t>(hashed);
    if (place > hashed.size()) {
        return RecordState::Damaged;
    }
    read.place = hashed.substr(0, place);
    read.text = hashed.substr(place);
    point = std::move(read);
    size = head_size + length;
    return RecordState::Whole;
}

} // namespace gridbridge
