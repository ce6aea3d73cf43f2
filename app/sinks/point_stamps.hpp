// The Unix time of points that were made before anybody had set the clock.
#pragma once

#include "app/sinks/queue_store.hpp"
#include "mqtt/sinks/queue_record.hpp"

#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace gridbridge {

struct Stamp {
    enum class Kind : unsigned char {
        Known,
        NotYet, // its clock is still to be set
        Never,  // the machine has started again before it was
    };
    Kind kind = Kind::Never;
    std::int64_t unix_ms = 0;
};

// What makes Unix time of the steady clock is fixed once per start of the machine and kept before a point
// uses it: a point that is sent again has the time it had. By one thread at a time.
class PointStamps {
  public:
    // `wall_minus_steady_ms`: nothing while the clock is not set. What is kept is read from `store`.
    PointStamps(std::uint64_t boot, QueueStore& store);

    // Throws std::runtime_error when it cannot be kept.
    Stamp of(const QueuedPoint& point, std::optional<std::int64_t> wall_minus_steady_ms, QueueStore& store);

  private:
    std::uint64_t boot_;
    std::vector<std::pair<std::uint64_t, std::int64_t>> kept_; // boot, ms; the newest last
};

} // namespace gridbridge
