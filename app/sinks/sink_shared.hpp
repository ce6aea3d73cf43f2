// What the threads of one sink share.
#pragma once

#include "app/sinks/sink_queue.hpp"
#include "drivers/waist/guarded.hpp"
#include "drivers/waist/log.hpp"
#include "mqtt/sinks/point_box.hpp"
#include "mqtt/status/snapshot.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace gridbridge {

// Reached by any thread. The lock of the queue may be held while a disk works: neither the publisher nor a
// driver takes it.
struct SinkShared {
    std::string name; // of the sink, for the log
    Log log;
    std::function<std::optional<std::int64_t>()> wall_minus_steady_ms; // nothing: the clock is not set
    std::uint64_t boot = 1;
    std::shared_ptr<PointBox> box = std::make_shared<PointBox>();
    Guarded<std::unique_ptr<SinkQueue>> queue; // none until it is open
    Guarded<SinkHealth> health;
    Guarded<bool> sender_wanted; // wakes the thread of the sender

    // Brings the numbers in `health` up to date; by a thread of the sink.
    void count() {
        const auto dropped = box->dropped();
        const auto waiting = box->waiting();
        queue.with([&](const std::unique_ptr<SinkQueue>& open) {
            health.with([&](SinkHealth& now) {
                now.dropped = dropped + (open ? open->dropped() : 0) + now.untimed;
                now.queued = (open ? open->waiting() : 0) + waiting;
                now.queued_bytes = open ? open->size() : 0;
            });
        });
    }

    void wake_sender() {
        sender_wanted.change([](bool& is_wanted) { is_wanted = true; });
    }
};

} // namespace gridbridge
