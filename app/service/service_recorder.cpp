#include "app/service/service_recorder.hpp"

#include "app/recording/newest_recordings.hpp"
#include "app/recording/wire_record.hpp"
#include "app/replay/reading_hashes.hpp"
#include "app/replay/recorded_service.hpp"
#include "app/service/process_memory.hpp"
#include "app/service/wall_clock.hpp"
#include "drivers/io/detached_thread.hpp"
#include "mqtt/status/incidents_outlet.hpp"

#include <algorithm>
#include <cstdlib>
#include <exception>
#include <iterator>

namespace gridbridge {
namespace {

constexpr std::chrono::seconds incident_time(60);
constexpr std::size_t most_wanted = 4; // of incidents that wait to be packed
constexpr std::chrono::milliseconds recorder_finish_limit(700);
constexpr std::chrono::seconds clock_step(1); // a smaller one is no setting of the clock

Record message_record(Record::Kind kind, const Message& message, Clock::time_point now) {
    Record record;
    record.kind = kind;
    record.at = now;
    record.bytes.assign(message.payload.begin(), message.payload.end());
    record.text = message.topic;
    record.number = message.retain ? 1 : 0;
    return record;
}

} // namespace

std::string recordings_path(const RecorderConfig& config, const std::string& state_dir) {
    return config.dir.empty() && !state_dir.empty() ? state_dir + "/recordings" : config.dir;
}

ServiceRecorder::ServiceRecorder(ServiceRecorderParts parts, std::string portal_id)
    : config_(parts.config.recorder), parts_(std::move(parts)), portal_id_(std::move(portal_id)) {
    if (config_.memory == 0 && !config_.enabled) {
        return;
    }
    wall_minus_ = wall_minus_monotonic();
    const RecordedHead head = recorded_head(parts_.config, parts_.settings, wall_minus_);
    if (config_.memory > 0) {
        memory_ = std::make_shared<Shared>(head, config_.memory);
        memory_->room = memory_->memory.with([&](RecordingMemory& memory) {
            if (parts_.kept) {
                memory.go_on_with(std::move(parts_.kept->incidents), parts_.kept->last_id);
            }
            return memory.incident_room();
        });
        memory_->wake.with([this](auto& wake) { wake = parts_.wake; });
    }
    if (config_.enabled) {
        RecordingFilesOptions options;
        options.directory = recordings_path(config_, parts_.config.state_dir);
        options.total_bytes = config_.size;
        options.head = head;
        options.wall_clock = [] { return std::int64_t{unix_seconds()}; };
        options.on_problem = [log = parts_.log](const std::string& problem) {
            if (problem.empty()) {
                log(LogLevel::Info, "recorder", "records again");
            } else {
                log(LogLevel::Warn, "recorder", "nothing is recorded: " + problem);
            }
        };
        files_ = std::make_unique<RecordingFiles>(std::move(options));
    }
}

DriverWires ServiceRecorder::wires() {
    if (!memory_ && !files_) {
        return {};
    }
    return recorded_wires([this](std::span<const MeterConfig> meters) -> WireTap {
        const unsigned number = ++connections_;
        const RecordedConnection connection = describe_connection(number, meters);
        if (memory_) {
            memory_->memory.with([&](RecordingMemory& memory) { memory.add(connection); });
        }
        if (files_) {
            files_->add(connection);
        }
        return [this, number](const WireEvent& event) { add(record_of(event, number)); };
    });
}

void ServiceRecorder::add(Record record) {
    if (memory_) {
        memory_->memory.with([&](RecordingMemory& memory) { memory.add(record); });
    }
    if (files_) {
        files_->offer(std::move(record));
    }
}

void ServiceRecorder::add_outlets(std::vector<OutletRow>& rows) {
    if (!memory_ && !files_) {
        return;
    }
    rows.push_back(recorded_readings([this](Record record) { add(std::move(record)); }));
    IncidentsOptions options;
    options.portal_id = portal_id_;
    options.keep = [this](const std::string& meter, const std::string& cause, Clock::time_point now) {
        keep(meter, cause, now);
    };
    options.list = [this] { return incidents_list(); };
    options.changes = [this] { return memory_ ? memory_->changes.load() : 0; };
    options.findings = parts_.findings;
    options.tick = [this](Clock::time_point now) { watch_clock(now); };
    rows.push_back(
        {"incidents", [this, options] { return std::make_unique<IncidentsOutlet>(triggers_, options); }});
}

void ServiceRecorder::heard(const Message& message, Clock::time_point now) {
    if (memory_ || files_) {
        add(message_record(Record::Kind::Message, message, now));
    }
}

void ServiceRecorder::said(const Message& message, Clock::time_point now) {
    files_->offer(message_record(Record::Kind::Said, message, now));
}

void ServiceRecorder::watch_clock(Clock::time_point now) {
    const auto wall_minus = wall_minus_monotonic();
    constexpr std::int64_t step = std::chrono::nanoseconds(clock_step).count();
    if (!wall_minus || (wall_minus_ && std::abs(*wall_minus - *wall_minus_) < step)) {
        return;
    }
    wall_minus_ = wall_minus;
    Record record;
    record.kind = Record::Kind::ClockSet;
    record.at = now;
    record.number = *wall_minus;
    add(std::move(record));
}

// Packing takes some ms: neither drivers nor the publisher wait for it.
void ServiceRecorder::keep(const std::string& meter, const std::string& cause, Clock::time_point now) {
    if (!memory_) {
        return;
    }
    RecordingCut cut = memory_->memory.with(
        [&](const RecordingMemory& memory) { return memory.cut(now - incident_time, now); });
    const bool is_first = memory_->wanted.with([&](std::deque<Shared::Wanted>& wanted) {
        if (wanted.size() < most_wanted) {
            wanted.push_back({std::move(cut), meter, cause});
        }
        return wanted.size() == 1;
    });
    if (is_first) {
        try {
            run_detached([shared = memory_] { shared->pack(); });
        } catch (const std::exception&) { // no thread: the next one does it
            memory_->wanted.with([](std::deque<Shared::Wanted>& wanted) { wanted.clear(); });
        }
    }
}

// The one that is packed stays in the list meanwhile: while there is one, this runs.
void ServiceRecorder::Shared::pack() {
    for (;;) {
        Wanted next = wanted.with([](std::deque<Wanted>& all) { return std::move(all.front()); });
        auto incident = make_incident(std::move(next.cut), next.meter, next.cause, room);
        if (incident) {
            memory.with([&](RecordingMemory& kept) { kept.keep(std::move(*incident)); });
            ++changes;
        }
        const bool is_last = wanted.with([](std::deque<Wanted>& all) {
            all.pop_front();
            return all.empty();
        });
        wake.with([](const std::function<void()>& call) {
            if (call) {
                call();
            }
        });
        if (is_last) {
            trim_process_memory(); // of what the incident took
            return;
        }
    }
}

std::vector<std::string> ServiceRecorder::remarks() const {
    const std::string problem = files_ ? files_->state().problem : std::string();
    return problem.empty() ? std::vector<std::string>() : std::vector{"nothing is recorded: " + problem};
}

std::string ServiceRecorder::incidents_list() const {
    return memory_ ? memory_->memory.with(
                         [](const RecordingMemory& memory) { return incidents_json(memory.incidents()); })
                   : "[]";
}

std::optional<Bytes> ServiceRecorder::incident(unsigned id) const {
    if (!memory_) {
        return std::nullopt;
    }
    return memory_->memory.with([id](const RecordingMemory& memory) {
        const Incident* const incident = memory.incident(id);
        return incident == nullptr ? std::nullopt : std::optional(incident->recording);
    });
}

std::vector<unsigned> ServiceRecorder::incident_ids() const {
    std::vector<unsigned> ids;
    if (memory_) {
        memory_->memory.with([&ids](const RecordingMemory& memory) {
            for (const Incident& incident : memory.incidents()) {
                ids.push_back(incident.id);
            }
        });
    }
    return ids;
}

std::vector<std::pair<std::string, Bytes>> ServiceRecorder::newest(std::chrono::seconds time) const {
    if (!files_) {
        if (!memory_) {
            return {};
        }
        const auto now = SystemClock::now();
        const RecordingCut cut =
            memory_->memory.with([&](const RecordingMemory& memory) { return memory.cut(now - time, now); });
        return {{"memory.pcapng", recording_of(cut)}};
    }
    static_cast<void>(files_->flush(recorder_finish_limit));
    return newest_recordings(recordings_path(config_, parts_.config.state_dir),
                             unix_seconds() - time.count());
}

ServiceRecorder::~ServiceRecorder() {
    if (memory_) { // what is packed goes on, and wakes nobody any more
        memory_->wake.with([](std::function<void()>& wake) { wake = nullptr; });
    }
}

void ServiceRecorder::finish() {
    if (memory_) {
        if (parts_.kept) {
            memory_->memory.with([this](const RecordingMemory& memory) {
                *parts_.kept = {memory.incidents(), memory.last_id()};
            });
        }
    }
    if (files_) {
        static_cast<void>(files_->finish(recorder_finish_limit));
    }
}

} // namespace gridbridge
