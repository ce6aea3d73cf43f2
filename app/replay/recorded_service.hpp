// What a recording needs beside its bytes to be run again, and a service made of it.
#pragma once

#include "app/config/config.hpp"
#include "app/recording/record.hpp"
#include "app/recording/recording_file.hpp"
#include "app/replay/replay.hpp"
#include "mqtt/settings/settings.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace gridbridge {

// Of a recording that begins now: with meters without secrets, and the settings as they are.
// `wall_minus_monotonic_ns`: nothing when there is no wall clock yet.
RecordedHead recorded_head(const Config& config, const Settings& settings,
                           std::optional<std::int64_t> wall_minus_monotonic_ns);

// Number, place and meters of a connection.
RecordedConnection describe_connection(unsigned number, std::span<const MeterConfig> meters);

struct PublishedReading {
    std::string serial;
    Clock::time_point received{};
    std::uint64_t hash = 0;
};

struct RecordedService {
    VirtualService::Parts parts; // without outlets and log
    RecordedWires wires;
    CutWires cut; // begin in the middle
    std::vector<HeardMessage> heard;
    std::vector<HeardMessage> said; // with `[recorder] messages`
    std::vector<PublishedReading> published;
    Clock::time_point end{};
    std::string remark; // for people: why it is not whole; empty: it is
};

// Reads all of one recording, which may be in several files that follow each other; of the last run, where
// the service was started anew in between. Throws
// std::runtime_error (path, reason, fix).
RecordedService recorded_service(std::span<const std::string> paths);
// A folder as the recordings in it, in their order; anything else as it is.
std::vector<std::string> recording_paths(const std::vector<std::string>& paths);

} // namespace gridbridge
