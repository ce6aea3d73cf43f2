// The newest of what happened, in memory, and what was kept of it for a reason. Pure; one thread at a time.
#pragma once

#include "app/recording/record.hpp"

#include <deque>
#include <map>

namespace gridbridge {

struct Incident {
    unsigned id = 0;                       // from 1 on, never used again
    std::optional<std::int64_t> unix_time; // s; nothing: no wall clock
    std::string meter;
    std::string cause;
    Bytes recording; // .pcapng.zst
};

class RecordingMemory {
  public:
    static constexpr std::size_t max_incidents = 16;

    // `max_bytes`: of records and incidents together; the oldest go. Incidents have at most half of it.
    explicit RecordingMemory(RecordedHead head, std::size_t max_bytes = std::size_t{1024} * 1024);

    void add(const RecordedConnection& connection);
    void add(Record record);

    // A whole recording (.pcapng) of the records with from <= at <= to, as far as they are still there.
    Bytes cut(Clock::time_point from, Clock::time_point to) const;

    // Keeps cut(from, to), or the newer part of it that fits. Returns its id; some ms for a minute of one
    // meter. Nothing: there is no room at all, or no memory.
    std::optional<unsigned> keep(Clock::time_point from, Clock::time_point to, const std::string& meter,
                                 const std::string& cause);
    const std::deque<Incident>& incidents() const { return incidents_; } // the oldest first
    const Incident* incident(unsigned id) const;                         // valid until something is kept

    std::size_t bytes() const { return record_bytes_ + incident_bytes_; }

  private:
    void make_room();

    RecordedHead head_; // its clock is that before the first record
    const std::size_t max_bytes_;
    std::map<unsigned, RecordedConnection> connections_;
    std::deque<Record> records_;
    std::size_t record_bytes_ = 0;
    std::deque<Incident> incidents_;
    std::size_t incident_bytes_ = 0;
    unsigned last_id_ = 0;
};

// [{"id":1,"time":"2026-11-30T12:34:56Z","meter":"BQ123","cause":"lost","bytes":20345}], the newest first;
// `time` is null without a wall clock.
std::string incidents_json(const std::deque<Incident>& incidents);

} // namespace gridbridge
