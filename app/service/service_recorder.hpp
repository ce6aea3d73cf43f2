// The recorder of the running service: what it hears, and where that goes: to memory, and to disk when asked.
#pragma once

#include "app/config/config.hpp"
#include "app/recording/recording_files.hpp"
#include "app/recording/recording_memory.hpp"
#include "drivers/factory.hpp"
#include "drivers/waist/guarded.hpp"
#include "drivers/waist/log.hpp"
#include "mqtt/outlet/outlet.hpp"
#include "mqtt/settings/settings.hpp"
#include "mqtt/status/incident_triggers.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace gridbridge {

// What is kept is longer there than a service. Main thread, while no service runs.
struct KeptIncidents {
    std::deque<Incident> incidents;
    unsigned last_id = 0;
};

struct ServiceRecorderParts {
    const Config& config; // outlives it, as all else
    const Settings& settings;
    Log log;
    std::function<void()> wake;                         // the publisher; any thread
    std::function<std::span<const Finding>()> findings; // publisher thread
    std::shared_ptr<KeptIncidents> kept;                // null: they end with the service
};

// Switched off (no memory and not enabled): drivers talk to their wires directly.
class ServiceRecorder {
  public:
    // `portal_id`: for topics. Starts the recording.
    ServiceRecorder(ServiceRecorderParts parts, std::string portal_id);
    ~ServiceRecorder();
    ServiceRecorder(const ServiceRecorder&) = delete;
    ServiceRecorder& operator=(const ServiceRecorder&) = delete;

    DriverWires wires();
    void add_outlets(std::vector<OutletRow>& rows);
    // Publisher thread.
    void heard(const Message& message, Clock::time_point now);
    void said(const Message& message, Clock::time_point now);
    bool records_what_is_said() const { return files_ && config_.messages; }

    // Any thread.
    std::vector<std::string> remarks() const;
    std::string incidents_list() const; // JSON
    std::optional<Bytes> incident(unsigned id) const;
    std::vector<unsigned> incident_ids() const;
    // What there is of the last `time`, by file name: files on disk, else what is in memory. Reads the disk.
    std::vector<std::pair<std::string, Bytes>> newest(std::chrono::seconds time) const;

    // After publisher and drivers have ended; takes at most 0.7 s.
    void finish();

  private:
    // Outlives the service while a recording is packed.
    struct Shared {
        Shared(RecordedHead head, std::size_t max_bytes) : memory(std::move(head), max_bytes) {}
        struct Wanted {
            RecordingCut cut;
            std::string meter, cause;
        };
        Guarded<RecordingMemory> memory;
        Guarded<std::deque<Wanted>> wanted;
        Guarded<std::function<void()>> wake; // empty: nobody is there any more
        std::atomic<std::uint64_t> changes = 0;
        std::size_t room = 0; // of an incident
        void pack();
    };

    void add(Record record);
    void keep(const std::string& meter, const std::string& cause, Clock::time_point now);
    void watch_clock(Clock::time_point now);

    const RecorderConfig& config_;
    ServiceRecorderParts parts_;
    std::string portal_id_;
    IncidentTriggers triggers_;              // publisher thread
    std::optional<std::int64_t> wall_minus_; // publisher thread: as recorded last, ns
    std::shared_ptr<Shared> memory_;         // null: switched off
    std::unique_ptr<RecordingFiles> files_;  // null: not on disk
    unsigned connections_ = 0;               // main thread
};

// Where the files of this configuration are.
std::string recordings_path(const RecorderConfig& config, const std::string& state_dir);

} // namespace gridbridge
