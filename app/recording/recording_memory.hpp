// The newest of what happened, in memory, and what was kept of it for a reason. Pure; one thread at a time.
#pragma once

#include "app/recording/packed_records.hpp"
#include "app/recording/record.hpp"
#include "app/recording/wire_beginnings.hpp"

#include <chrono>
#include <deque>
#include <map>

namespace gridbridge {

// A part of what is in memory: a copy, to be looked at on any thread.
struct RecordingCut {
    RecordedHead head; // its clock is that before the first record
    std::map<unsigned, RecordedConnection> connections;
    WireBeginnings beginnings; // of `records`
    PackedRecords records;
    Clock::time_point from{}, to{};
};
// A whole recording (.pcapng) of the records with from <= at <= to, with the beginning of each connection.
Bytes recording_of(const RecordingCut& cut);

struct Incident {
    unsigned id = 0;                       // from 1 on, never used again
    std::optional<std::int64_t> unix_time; // s; nothing: no wall clock
    std::string meter;
    std::string cause;
    Bytes recording; // .pcapng.zst
};
// Without its id. The newer part of the cut when all of it takes more than `room` bytes; some ms for a minute
// of one meter. Nothing: there is no room at all, or no memory.
std::optional<Incident> make_incident(RecordingCut cut, std::string meter, std::string cause,
                                      std::size_t room);

class RecordingMemory {
  public:
    static constexpr std::size_t max_incidents = 16;
    static constexpr std::chrono::seconds kept_time{65}; // records that are older go

    // `max_bytes`: of records, beginnings of connections and incidents together; the oldest records go.
    // Incidents have at most half of it.
    explicit RecordingMemory(RecordedHead head, std::size_t max_bytes = std::size_t{1024} * 1024);

    void add(const RecordedConnection& connection);
    // One of more than a quarter of `max_bytes` is left out.
    void add(const Record& record);

    // A copy of all there is, as what lies between `from` and `to`.
    RecordingCut cut(Clock::time_point from, Clock::time_point to) const;
    std::size_t incident_room() const { return max_bytes_ / 2; }

    // Those of a recording before this one, at the beginning.
    void go_on_with(std::deque<Incident> incidents, unsigned last_id);
    unsigned last_id() const { return last_id_; }

    // Of make_incident(); gives it its id, which is returned. The oldest go when there are too many.
    unsigned keep(Incident incident);
    const std::deque<Incident>& incidents() const { return incidents_; } // the oldest first
    const Incident* incident(unsigned id) const;                         // valid until something is kept

    std::size_t bytes() const { return records_.bytes() + beginnings_.bytes() + incident_bytes_; }

  private:
    void drop_incidents();
    void make_room(Clock::time_point now);

    RecordedHead head_; // its clock is that before the first record
    const std::size_t max_bytes_;
    std::map<unsigned, RecordedConnection> connections_;
    WireBeginnings beginnings_; // before the first record
    PackedRecords records_;
    std::deque<Incident> incidents_;
    std::size_t incident_bytes_ = 0;
    unsigned last_id_ = 0;
};

// [{"id":1,"time":"2026-11-30T12:34:56Z","meter":"BQ123","cause":"lost","bytes":20345}], the newest first;
// `time` is null without a wall clock.
std::string incidents_json(const std::deque<Incident>& incidents);

} // namespace gridbridge
