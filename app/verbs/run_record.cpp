#include "app/config/load_config.hpp"
#include "app/log/make_log.hpp"
#include "app/recording/recording_writer.hpp"
#include "app/recording/wire_record.hpp"
#include "app/replay/reading_hashes.hpp"
#include "app/replay/recorded_service.hpp"
#include "app/service/signals.hpp"
#include "app/service/wall_clock.hpp"
#include "app/verbs/local_bridge.hpp"
#include "app/verbs/run.hpp"
#include "drivers/text/text.hpp"
#include "drivers/waist/guarded.hpp"
#include "mqtt/settings/settings_store.hpp"

#include <chrono>
#include <fstream>
#include <iostream>
#include <thread>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;

// Written by all drivers; to the disk once a second, by the thread of the bridge.
class Recorder {
  public:
    Recorder(const RecordedHead& head, const std::string& path)
        : path_(path), file_(path, std::ios::binary | std::ios::trunc), writer_(head) {
        if (!file_) {
            throw std::runtime_error(path +
                                     ": cannot be written: does its folder exist, and may you write there?");
        }
    }

    DriverWires wires() {
        return recorded_wires([this](std::span<const MeterConfig> meters) -> WireTap {
            const unsigned number = ++connections_;
            writer_.with([&](RecordingWriter& writer) { writer.add(describe_connection(number, meters)); });
            return [this, number](const WireEvent& event) { add(record_of(event, number)); };
        });
    }
    OutletRow readings() {
        return recorded_readings([this](const Record& record) {
            ++readings_;
            add(record);
        });
    }

    void flush(bool is_end) {
        const Bytes bytes = writer_.with([&](RecordingWriter& writer) {
            if (is_end) {
                writer.finish();
            } else {
                writer.flush(SystemClock::now());
            }
            return writer.take();
        });
        file_.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
        file_.flush();
        if (!file_) {
            throw std::runtime_error(path_ + ": cannot be written: is the disk full?");
        }
        size_ += bytes.size();
    }

    std::string summary() const {
        return path_ + ": " + std::to_string(size_) + " bytes, " + std::to_string(readings_) +
               " readings of " + std::to_string(connections_) + " connection" +
               (connections_ == 1 ? "" : "s");
    }

  private:
    void add(const Record& record) {
        writer_.with([&](RecordingWriter& writer) { writer.add(record); });
    }

    std::string path_;
    std::ofstream file_;
    Guarded<RecordingWriter> writer_;
    unsigned connections_ = 0;
    std::size_t readings_ = 0;
    std::size_t size_ = 0;
};

void record(const Config& config, const Settings& settings, const Options& options, const Log& log,
            const std::stop_token& stop) {
    Recorder recorder(recorded_head(config, settings, wall_minus_monotonic()), options.output);
    LocalBridge bridge(config, settings, {recorder.readings()}, log, recorder.wires());
    const auto end = SystemClock::now() + std::chrono::seconds(options.seconds);
    auto flush_at = SystemClock::now();
    bridge.run(stop, [&] {
        const auto now = SystemClock::now();
        if (now >= flush_at) {
            recorder.flush(false);
            flush_at = now + 1s;
        }
        return now < end;
    });
    recorder.flush(true);
    std::cerr << recorder.summary() << '\n';
}

std::string problem_of_record(const Options& options) {
    if (!options.arguments.empty()) {
        return "knows no " + in_quotes(options.arguments.front());
    }
    if (options.output.empty()) {
        return "needs --output FILE";
    }
    return options.seconds < 1 ? "--seconds must be at least 1" : "";
}

} // namespace

int run_record(const Options& options) {
    if (const std::string problem = problem_of_record(options); !problem.empty()) {
        return fail(exit_code::usage,
                    "record " + problem + ": gridbridge record --meter URI --seconds 60 --output FILE");
    }
    const Log log =
        make_log(parse_log_level(options.log_level).value_or(LogLevel::Info), options.log_format == "json");
    const auto config = load_or_complain(options);
    if (!config) {
        return exit_code::configuration;
    }
    int code = exit_code::ok;
    block_signals();
    const std::jthread thread([&](const std::stop_token& stop) {
        try {
            record(*config, load_settings(config->state_dir, false, log), options, log, stop);
        } catch (const std::exception& error) {
            code = fail(exit_code::io, error.what());
        }
        raise_terminate();
    });
    while (wait_for_signal({}) != Signal::Terminate) {
    }
    return code;
}

} // namespace gridbridge
