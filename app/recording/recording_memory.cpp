#include "app/recording/recording_memory.hpp"

#include "app/recording/recording_writer.hpp"
#include "app/recording/zstd_stream.hpp"
#include "drivers/json/json.hpp"
#include "drivers/text/utc.hpp"

#include <algorithm>
#include <exception>
#include <functional>
#include <utility>

namespace gridbridge {
namespace {

constexpr std::size_t allocated = 32; // around each of bytes and text
constexpr std::size_t part_size = std::size_t{16} * 1024;
constexpr std::int64_t ns_per_s = 1'000'000'000;

std::size_t weight_in_memory(const Incident& incident) {
    return sizeof(Incident) + allocated + incident.recording.capacity() + incident.meter.capacity() +
           incident.cause.capacity();
}

void take_clock(RecordedHead& head, const Record& record) {
    if (record.kind == Record::Kind::ClockSet) {
        head.wall_minus_monotonic_ns = record.number;
    }
}

// Gives `use` the recording in parts: a minute of many meters has megabytes.
void write_recording(const RecordingCut& cut, const std::function<void(const Bytes&)>& use) {
    RecordedHead head = cut.head;
    WireBeginnings beginnings = cut.beginnings;
    cut.records.each([&](const Record& record) {
        if (record.at < cut.from) {
            take_clock(head, record);
            beginnings.see(record);
        }
    });
    RecordingWriter writer(head);
    for (const auto& [number, connection] : cut.connections) {
        writer.add(connection);
    }
    std::size_t used = 0;
    const auto add = [&](const Record& record) {
        writer.add(record);
        if (writer.size() - used >= part_size) {
            used = writer.size();
            use(writer.take());
        }
    };
    beginnings.each(cut.from, add);
    cut.records.each([&](const Record& record) {
        if (record.at >= cut.from && record.at <= cut.to) {
            add(record);
        }
    });
    writer.finish();
    use(writer.take());
}

// More than `room` bytes: not all of it.
Bytes packed_recording_of(const RecordingCut& cut, std::size_t room) {
    Bytes out;
    ZstdPacker packer(Packed::Light);
    write_recording(cut, [&](const Bytes& part) {
        if (out.size() <= room) {
            packer.pack(part, false, out);
        }
    });
    packer.pack({}, true, out);
    out.shrink_to_fit();
    return out;
}

} // namespace

Bytes recording_of(const RecordingCut& cut) {
    Bytes whole;
    write_recording(cut,
                    [&whole](const Bytes& part) { whole.insert(whole.end(), part.begin(), part.end()); });
    return whole;
}

std::optional<Incident> make_incident(RecordingCut cut, std::string meter, std::string cause,
                                      std::size_t room) {
    constexpr int most_attempts = 6; // each with half of the time
    Incident incident{0, {}, std::move(meter), std::move(cause), {}};
    auto wall = cut.head.wall_minus_monotonic_ns;
    try {
        cut.records.each([&wall](const Record& record) {
            wall = record.kind == Record::Kind::ClockSet ? record.number : wall;
        });
        for (int i = 0; i < most_attempts; ++i, cut.from += (cut.to - cut.from) / 2) {
            incident.recording = packed_recording_of(cut, room);
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
    if (wall) {
        const std::chrono::nanoseconds monotonic = cut.to.time_since_epoch();
        incident.unix_time = (monotonic.count() + *wall) / ns_per_s;
    }
    return incident;
}

RecordingMemory::RecordingMemory(RecordedHead head, std::size_t max_bytes)
    : head_(std::move(head)), max_bytes_(max_bytes), beginnings_(max_bytes / 4) {}

void RecordingMemory::add(const RecordedConnection& connection) {
    connections_[connection.number] = connection;
    beginnings_.add(connection);
}

void RecordingMemory::add(const Record& record) {
    if (record.bytes.size() + record.text.size() > max_bytes_ / 4) {
        return;
    }
    records_.add(record);
    make_room(record.at);
}

void RecordingMemory::make_room(Clock::time_point now) {
    while (!records_.empty() && (bytes() > max_bytes_ || records_.oldest_block_ends() < now - kept_time)) {
        records_.drop_oldest_block([this](const Record& oldest) {
            take_clock(head_, oldest);
            beginnings_.see(oldest);
        });
    }
}

RecordingCut RecordingMemory::cut(Clock::time_point from, Clock::time_point to) const {
    return {head_, connections_, beginnings_, records_, from, to};
}

unsigned RecordingMemory::keep(Incident incident) {
    incident.id = ++last_id_;
    incident_bytes_ += weight_in_memory(incident);
    incidents_.push_back(std::move(incident));
    drop_incidents();
    return last_id_;
}

void RecordingMemory::go_on_with(std::deque<Incident> incidents, unsigned last_id) {
    incidents_ = std::move(incidents);
    last_id_ = last_id;
    for (const Incident& incident : incidents_) {
        incident_bytes_ += weight_in_memory(incident);
    }
    drop_incidents();
}

void RecordingMemory::drop_incidents() {
    const Clock::time_point no_time{};
    while (incidents_.size() > max_incidents || incident_bytes_ > incident_room()) {
        incident_bytes_ -= weight_in_memory(incidents_.front());
        incidents_.pop_front();
    }
    make_room(no_time);
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
