#include "app/recording/recording_memory.hpp"

#include "app/recording/recording_writer.hpp"
#include "app/recording/zstd_stream.hpp"
#include "drivers/json/json.hpp"
#include "drivers/text/utc.hpp"

#include <algorithm>
#include <exception>
#include <utility>

namespace gridbridge {
namespace {

constexpr std::size_t allocated = 32; // around each of bytes and text
constexpr std::int64_t ns_per_s = 1'000'000'000;

std::size_t weight_in_memory(const Record& record) {
    return sizeof(Record) + 2 * allocated + record.bytes.capacity() + record.text.capacity();
}

std::size_t weight_in_memory(const Incident& incident) {
    return sizeof(Incident) + allocated + incident.recording.capacity() + incident.meter.capacity() +
           incident.cause.capacity();
}

} // namespace

RecordingMemory::RecordingMemory(RecordedHead head, std::size_t max_bytes)
    : head_(std::move(head)), max_bytes_(max_bytes) {}

void RecordingMemory::add(const RecordedConnection& connection) {
    connections_[connection.number] = connection;
}

void RecordingMemory::add(Record record) {
    record.bytes.shrink_to_fit();
    record_bytes_ += weight_in_memory(record);
    records_.push_back(std::move(record));
    make_room();
}

void RecordingMemory::make_room() {
    while (!records_.empty() && bytes() > max_bytes_) {
        const Record& oldest = records_.front();
        if (oldest.kind == Record::Kind::ClockSet) {
            head_.wall_minus_monotonic_ns = oldest.number;
        }
        record_bytes_ -= weight_in_memory(oldest);
        records_.pop_front();
    }
}

Bytes RecordingMemory::cut(Clock::time_point from, Clock::time_point to) const {
    RecordedHead head = head_;
    auto begin = records_.begin();
    for (; begin != records_.end() && begin->at < from; ++begin) {
        if (begin->kind == Record::Kind::ClockSet) {
            head.wall_minus_monotonic_ns = begin->number;
        }
    }
    RecordingWriter writer(head);
    for (const auto& [number, connection] : connections_) {
        writer.add(connection);
    }
    for (; begin != records_.end(); ++begin) {
        if (begin->at >= from && begin->at <= to) {
            writer.add(*begin);
        }
    }
    writer.finish();
    return writer.take();
}

std::optional<unsigned> RecordingMemory::keep(Clock::time_point from, Clock::time_point to,
                                              const std::string& meter, const std::string& cause) {
    constexpr int most_attempts = 6; // each with half of the time
    const std::size_t room = max_bytes_ / 2;
    Incident incident{last_id_ + 1, {}, meter, cause, {}};
    try {
        for (int i = 0; i < most_attempts; ++i, from += (to - from) / 2) {
            incident.recording = packed(cut(from, to), Packed::Fast);
            incident.recording.shrink_to_fit();
            if (weight_in_memory(incident) <= room) {
                break;
            }
        }
    } catch (const std::exception&) {
        return std::nullopt;
    }
    if (weight_in_memory(incident) > room) {
        return std::nullopt;
    }
    auto wall = head_.wall_minus_monotonic_ns;
    for (const Record& record : records_) {
        wall = record.kind == Record::Kind::ClockSet ? record.number : wall;
    }
    if (wall) {
        const std::chrono::nanoseconds monotonic = to.time_since_epoch();
        incident.unix_time = (monotonic.count() + *wall) / ns_per_s;
    }
    incident_bytes_ += weight_in_memory(incident);
    incidents_.push_back(std::move(incident));
    while (incidents_.size() > max_incidents || incident_bytes_ > room) {
        incident_bytes_ -= weight_in_memory(incidents_.front());
        incidents_.pop_front();
    }
    make_room();
    return ++last_id_;
}

const Incident* RecordingMemory::incident(unsigned id) const {
    const auto found = std::find_if(incidents_.begin(), incidents_.end(),
                                    [id](const Incident& incident) { return incident.id == id; });
    return found == incidents_.end() ? nullptr : &*found;
}

std::string incidents_json(const std::deque<Incident>& incidents) {
    OrderedJson list = OrderedJson::array();
    std::for_each(incidents.rbegin(), incidents.rend(), [&list](const Incident& incident) {
        OrderedJson one;
        one["id"] = incident.id;
        one["time"] = nullptr;
        if (incident.unix_time) {
            one["time"] = utc_text(*incident.unix_time);
        }
        one["meter"] = incident.meter;
        one["cause"] = incident.cause;
        one["bytes"] = incident.recording.size();
        list.push_back(std::move(one));
    });
    return write_json(list);
}

} // namespace gridbridge
