// A scan in the background, for the page: one at a time.
#pragma once

#include "app/scan/scanner.hpp"
#include "drivers/waist/guarded.hpp"

#include <functional>
#include <string>
#include <thread>
#include <vector>

namespace gridbridge {

struct ScanState {
    bool is_running = false;
    bool was_stopped = false;
    std::string progress;              // what it does, or why it failed
    std::vector<TargetReport> reports; // while it runs, what was found so far
};

// `{"running": false, "progress": "", "found": [{"uri": ..., "product": ..., "serial": ...}], "notes": []}`.
// Pure.
std::string scan_json(const ScanState& state);

// Any thread. Keeps what was found until the next begins.
class ScanJob {
  public:
    using Scan =
        std::function<std::vector<TargetReport>(const ScanRequest&, const std::stop_token&, ScanProgress&)>;

    explicit ScanJob(Scan scan = gridbridge::scan) : scan_(std::move(scan)) {}

    // False: one runs already.
    bool start(ScanRequest request);
    void stop(); // soon
    // Stops it and waits for its end: at once.
    void finish();
    ScanState state() const;

  private:
    void run(const ScanRequest& request, const std::stop_token& stop);

    Scan scan_;
    Guarded<ScanState> state_;
    Guarded<std::jthread> thread_; // last: it uses the others
};

} // namespace gridbridge
