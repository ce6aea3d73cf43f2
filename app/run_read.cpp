#include "app/json_lines.hpp"
#include "app/load_config.hpp"
#include "app/log.hpp"
#include "app/run.hpp"
#include "app/service.hpp"
#include "app/signals.hpp"
#include "app/version.hpp"
#include "drivers/driver.hpp"
#include "drivers/reverse_energy.hpp"
#include "mqtt/bridge.hpp"
#include "mqtt/identify.hpp"

#include <csignal>
#include <iostream>
#include <map>
#include <thread>

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

// Takes the first complete reading of each meter through the service's own drivers and mapping.
class Reader {
  public:
    Reader(const Config& config, Settings settings, bool json)
        : config_(config), settings_(std::move(settings)), json_(json) {}

    // The meters that gave nothing.
    std::vector<std::string> run(const Log& log) {
        std::vector<MeterConfig> meters = config_.meters;
        for (MeterConfig& meter : meters) {
            meter.share.clear(); // the port may belong to the running service
        }
        auto drivers = make_drivers(meters, handoff_, orders_, log);
        std::vector<std::jthread> threads;
        threads.reserve(drivers.size());
        for (const auto& driver : drivers) {
            threads.emplace_back([&driver = *driver](const std::stop_token& stop) { driver.run(stop); });
        }
        const auto deadline = Clock::now() + time_limit;
        while (done_ < config_.meters.size() && Clock::now() < deadline) {
            for (const MeterUpdate& update : handoff_.take(deadline, {})) {
                take(update);
            }
        }
        for (std::jthread& thread : threads) {
            thread.request_stop();
        }
        threads.clear();
        return silent();
    }

  private:
    struct Entry {
        Meter meter;
        bool printed = false;
        std::string reason = "no answer";
    };

    void take(const MeterUpdate& update) {
        Entry& entry = entries_[update.source];
        if (update.source.channel != 0 || entry.printed) {
            return;
        }
        entry.meter.config = config_.meters.at(update.source.meter);
        if (update.info) {
            identify(entry.meter, *update.info, settings_);
        }
        entry.reason = update.lost.value_or(entry.reason);
        if (update.reading) {
            entry.meter.reading = *update.reading;
            static_cast<void>(stored_guard(settings_, entry.meter.device_id).apply(entry.meter.reading));
            if (entry.meter.info.estimate_reverse_per_phase) {
                ReverseEnergyEstimate(settings_.reverse_kwh(entry.meter.device_id),
                                      entry.meter.info.totals_are_phase_sums)
                    .apply(entry.meter.reading);
            }
            print(entry.meter, json_);
            entry.printed = true;
            ++done_;
        }
    }

    std::vector<std::string> silent() {
        std::vector<std::string> silent;
        for (std::size_t i = 0; i < config_.meters.size(); ++i) {
            const Entry& entry = entries_[SourceId{static_cast<std::uint16_t>(i), 0}];
            if (!entry.printed) {
                silent.push_back(config_.meters[i].uri +
                                 ": no complete reading within 30 s: " + entry.reason);
            }
        }
        return silent;
    }

    const Config& config_;
    Settings settings_;
    bool json_;
    Handoff handoff_;
    Orders orders_;
    std::map<SourceId, Entry> entries_;
    std::size_t done_ = 0;
};

} // namespace

int run_read(const Options& options) {
    static_cast<void>(std::signal(SIGPIPE, SIG_IGN));
    const Log log =
        make_log(parse_log_level(options.log_level).value_or(LogLevel::Info), options.log_format == "json");
    const auto config = load_or_complain(options);
    if (!config) {
        return exit_code::configuration;
    }
    try {
        Reader reader(*config, load_settings(config->state_dir, false, log), options.json);
        const auto silent = reader.run(log);
        for (const std::string& line : silent) {
            std::cerr << "error: " << line << '\n';
        }
        return silent.empty() ? exit_code::ok : exit_code::unavailable;
    } catch (const std::exception& error) {
        std::cerr << "error: " << error.what() << '\n';
        return exit_code::io;
    }
}

} // namespace gridbridge
