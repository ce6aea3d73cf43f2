#include "app/config/load_config.hpp"
#include "app/log/make_log.hpp"
#include "app/replay/recorded_service.hpp"
#include "app/verbs/json_lines.hpp"
#include "app/verbs/local_bridge.hpp"
#include "app/verbs/run.hpp"
#include "app/version.hpp"
#include "drivers/waist/log.hpp"
#include "mqtt/outlet/outlet.hpp"
#include "mqtt/settings/settings_store.hpp"
#include "mqtt/venus/venus.hpp"

#include <chrono>
#include <csignal>
#include <iostream>
#include <map>
#include <memory>
#include <set>

namespace gridbridge {
namespace {

constexpr auto time_limit = std::chrono::seconds(30);

void print(const Meter& meter, bool json) {
    const VenusValues values = venus_values(meter, version::number);
    if (json) {
        std::cout << R"({"meter":)" << identity_json(meter) << R"(,"venus":)" << venus_json(values) << "}"
                  << std::endl;
        return;
    }
    std::cout << meter.info.product_name << " " << meter.info.serial << " (" << meter.info.connection
              << ")\n";
    for (const auto& [path, payload] : values) {
        constexpr std::size_t head = std::string_view(R"({"value":)").size();
        std::cout << "  " << path << " = " << payload.substr(head, payload.size() - head - 1) << '\n';
    }
    std::cout << std::flush;
}

// Prints the first complete reading of each meter, devices behind a meter left out.
class FirstReadings final : public Outlet {
  public:
    // What is known of the meters; outlives the outlet.
    struct Seen {
        std::map<SourceId, const Meter*> meters;
        std::set<SourceId> printed;
    };

    FirstReadings(Seen& seen, bool json) : seen_(seen), json_(json) {}

    void added(const Meter& meter) override {
        if (meter.source.channel == 0) {
            seen_.meters[meter.source] = &meter;
        }
    }
    void reading(const Meter& meter, Clock::time_point /*now*/, Messages& /*out*/) override {
        if (meter.source.channel == 0 && seen_.printed.insert(meter.source).second) {
            Meter shown = meter;
            shown.transaction = {}; // comes and goes with what the driver has found out by now
            print(shown, json_);
        }
    }

  private:
    Seen& seen_;
    bool json_;
};

OutletRow first_readings(FirstReadings::Seen& seen, bool json) {
    return {"read", [&seen, json] { return std::make_unique<FirstReadings>(seen, json); }};
}

// The meters that gave nothing.
std::vector<std::string> silent_ones(const FirstReadings::Seen& seen, const std::string& where) {
    std::vector<std::string> silent;
    for (const auto& [source, meter] : seen.meters) {
        if (!seen.printed.contains(source)) {
            const std::string& reason = meter->loss_reason;
            silent.push_back(meter->config.uri + ": no complete reading " + where + ": " +
                             (reason.empty() ? "no answer" : reason));
        }
    }
    return silent;
}

std::vector<std::string> read_once(const Config& config, Settings settings, bool json, const Log& log) {
    FirstReadings::Seen seen;
    LocalBridge bridge(config, std::move(settings), {first_readings(seen, json)}, log);
    const auto deadline = Clock::now() + time_limit;
    bridge.run({}, [&] { return seen.printed.size() < seen.meters.size() && Clock::now() < deadline; });
    return silent_ones(seen, "within 30 s");
}

// The same of what was recorded, in its own time.
std::vector<std::string> read_recording(const std::vector<std::string>& paths, bool json, const Log& log) {
    RecordedService service = recorded_service(paths);
    FirstReadings::Seen seen;
    service.parts.log = log;
    service.parts.outlets = {first_readings(seen, json)};
    Replay again(std::move(service.parts), std::move(service.wires), service.cut);
    again.run(service.end, service.heard, [](const Messages&, Clock::time_point) {});
    if (!service.remark.empty()) {
        std::cerr << "note: " << service.remark << '\n';
    }
    return silent_ones(seen, "in the recording");
}

int tell_silent(const std::vector<std::string>& silent) {
    for (const std::string& line : silent) {
        std::cerr << "error: " << line << '\n';
    }
    return silent.empty() ? exit_code::ok : exit_code::unavailable;
}

} // namespace

int run_read(const Options& options) {
    static_cast<void>(std::signal(SIGPIPE, SIG_IGN));
    const Log log =
        make_log(parse_log_level(options.log_level).value_or(LogLevel::Info), options.log_format == "json");
    if (!options.arguments.empty()) {
        try {
            return tell_silent(read_recording(recording_paths(options.arguments), options.json, log));
        } catch (const std::exception& error) {
            return fail(exit_code::io, error.what());
        }
    }
    const auto config = load_or_complain(options);
    if (!config) {
        return exit_code::configuration;
    }
    if (config->meters.empty()) { // the service may wait for one
        std::cerr << "error: there is no meter to read: add one on the page, or name one with --meter\n";
        return exit_code::configuration;
    }
    try {
        return tell_silent(
            read_once(*config, load_settings(config->state_dir, false, log), options.json, log));
    } catch (const std::exception& error) {
        std::cerr << "error: " << error.what() << '\n';
        return exit_code::io;
    }
}

} // namespace gridbridge
