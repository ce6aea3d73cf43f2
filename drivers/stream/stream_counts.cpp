#include "drivers/stream/stream_counts.hpp"

#include <cstddef>
#include <cstdint>
#include <numeric>
#include <tuple>

namespace gridbridge {

static_assert(rejection_count < std::tuple_size_v<decltype(MeterCounters::rejected_by)>);

void take_counts(const StreamCounters& stream, MeterCounters& counters) {
    counters.rejected =
        std::accumulate(stream.rejected.begin(), stream.rejected.end(), counters.unidentified);
    for (std::size_t i = 0; i < rejection_count; ++i) {
        counters.rejected_by.at(i) = {rejection_names.at(i), stream.rejected.at(i)};
    }
    counters.rejected_by.at(rejection_count) = {"serial number not confirmed", counters.unidentified};
    counters.skipped_bytes = stream.skipped_bytes;
}

} // namespace gridbridge
