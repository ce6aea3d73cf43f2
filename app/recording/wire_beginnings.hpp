// How each connection began, for a recording that starts later. Pure; one thread at a time.
#pragma once

#include "app/recording/packed_records.hpp"
#include "app/recording/record.hpp"

#include <chrono>
#include <cstddef>
#include <map>
#include <optional>

namespace gridbridge {

class WireBeginnings {
  public:
    // What is kept of a Modbus connection since it was opened: there its meters tell who they are.
    static constexpr std::chrono::seconds kept_time{10};
    static constexpr std::size_t kept_bytes = std::size_t{4} * 1024;

    // `max_bytes`: of all that was said on connections; of a further one only that it was opened is kept.
    explicit WireBeginnings(std::size_t max_bytes) : max_bytes_(max_bytes) {}

    void add(const RecordedConnection& connection);
    void see(const Record& record);

    // What a recording that starts at `at` has first: the beginnings, and a Cut for each connection. Nothing
    // of one that nothing was seen of.
    void each(Clock::time_point at, const PackedRecords::Use& use) const;
    std::size_t bytes() const { return bytes_; } // of memory, about

  private:
    struct Beginning {
        bool tells_who_it_is = false;
        bool was_seen = false;
        bool is_open = false;
        Clock::time_point opened_at{};
        PackedRecords records;       // from Opened on
        std::optional<Record> speed; // the newest
    };

    void keep(Beginning& beginning, const Record& record);
    void clear(Beginning& beginning);

    std::size_t max_bytes_;
    std::map<unsigned, Beginning> beginnings_; // by connection
    std::size_t bytes_ = 0;
};

} // namespace gridbridge
