// The running service: drivers, publisher and client wired together.
#pragma once

#include "app/config/config.hpp"
#include "app/log/log_ring.hpp"
#include "drivers/meter/meter_config.hpp"
#include "drivers/waist/log.hpp"
#include "mqtt/settings/settings_store.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace gridbridge {

class ScanJob;
struct KeptIncidents;

struct ServiceParts {
    Config config;
    std::function<std::string()> mqtt_password; // asked at each attempt to connect
    Log log;
    std::function<void()> on_meter_lost;             // a meter with on_lost = "exit" was lost; any thread
    std::function<std::string()> gx_password = {};   // of the broker on the GX; as mqtt_password
    std::function<std::string()> page_password = {}; // of who changes something on the page
    std::shared_ptr<LogRing> log_lines = {};         // the newest, for the page; `log` fills it
    std::shared_ptr<ScanJob> scan = {};              // for the page; ends with the service
    std::shared_ptr<KeptIncidents> incidents = {};   // of the recorder; longer than a service
    std::function<void()> on_reload = {};            // reads the configuration anew, soon; any thread
};

// Starts in the constructor, stops in the destructor: drivers, publisher (offline messages, settings),
// client. Main thread only. Throws std::runtime_error (thing, reason, fix) when the state file cannot be
// read.
class Service {
  public:
    explicit Service(ServiceParts parts);
    ~Service();
    Service(const Service&) = delete;
    Service& operator=(const Service&) = delete;

    // Leaves the broker and connects again: files of the connection have changed.
    void reconnect();
    // The thread that makes no progress, for people; empty: all do.
    std::string stuck_thread() const;
    // How it is, in one line for people; takes half a second when the publisher is stuck.
    std::string status_line();
    // The next service follows these meters: leaving, this one clears what it keeps on the broker of others.
    void followed_by(std::vector<MeterConfig> meters);

  private:
    struct Running;
    std::unique_ptr<Running> running_;
};

} // namespace gridbridge
