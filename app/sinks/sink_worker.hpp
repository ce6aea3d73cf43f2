// The two threads of one sink: one puts points into its queue, one sends them.
#pragma once

#include "app/sinks/sink_sender.hpp"
#include "app/sinks/sink_shared.hpp"

#include <chrono>
#include <functional>
#include <memory>

namespace gridbridge {

struct SinkWorkerOptions {
    std::function<std::unique_ptr<SinkQueue>()> open_queue; // throws while it does not work
    std::function<std::unique_ptr<SinkSender>(std::shared_ptr<SinkShared>)> make_sender;
    std::chrono::milliseconds sync_every{30'000};
    std::chrono::milliseconds disk_pause{5'000}; // after what a disk did not take
};

// Whatever a disk or a server does, nobody waits for it: the threads are detached. Any thread.
class SinkWorker {
  public:
    SinkWorker(std::shared_ptr<SinkShared> shared, SinkWorkerOptions options);
    // Waits for nothing: what finish() has not done is left.
    ~SinkWorker();
    SinkWorker(const SinkWorker&) = delete;
    SinkWorker& operator=(const SinkWorker&) = delete;

    // Nothing is sent any more; what comes is still queued. Waits for nothing.
    void stop_sending();
    // No point comes after this: until what was made is in the queue and both threads have ended. False: not
    // within `limit`.
    bool finish(std::chrono::milliseconds limit);

  private:
    struct Threads;
    std::shared_ptr<Threads> threads_;
};

} // namespace gridbridge
