#include "app/config/load_config.hpp"
#include "app/log/make_log.hpp"
#include "app/page/scan_job.hpp"
#include "app/service/descriptor_limit.hpp"
#include "app/service/notify.hpp"
#include "app/service/process_memory.hpp"
#include "app/service/service.hpp"
#include "app/service/service_recorder.hpp"
#include "app/service/signals.hpp"
#include "app/service/wall_clock.hpp"
#include "app/verbs/run.hpp"
#include "mqtt/files/state_file.hpp"
#include "mqtt/files/state_lock.hpp"

#include <algorithm>
#include <atomic>
#include <exception>
#include <filesystem>
#include <iostream>
#include <system_error>
#include <utility>

namespace gridbridge {
namespace {

void log_findings(const Findings& findings, const Log& log) {
    for (const Problem& warning : findings.warnings) {
        log(LogLevel::Warn, "config", warning.where + ": " + warning.text);
    }
    for (const Problem& error : findings.errors) {
        log(LogLevel::Error, "config", error.where + ": " + error.text);
    }
}

// Without a meter the service waits for one from the page, which must be kept.
void refuse_if_none_can_be_added(Loaded& loaded) {
    const Config& config = loaded.config;
    const bool waits = config.meters.empty() && config.disabled_meters.empty();
    const std::string reason = waits ? StateFile(config.state_dir).why_not_writable() : std::string();
    if (!reason.empty()) {
        loaded.findings.errors.push_back(
            {"meter", "no meter is configured, and none can be added: " + reason});
    }
}

struct Checked {
    Loaded loaded;
    std::string broker_files; // what they hold
    StateLock lock = {};      // of the state directory
    bool usable() const { return loaded.findings.errors.empty(); }
};

Checked load_checked(const Options& options, const Log& log) {
    Checked checked{load_config(options), {}, {}};
    checked.broker_files = read_broker_files(checked.loaded.config, checked.loaded.findings);
    refuse_if_none_can_be_added(checked.loaded);
    log_findings(checked.loaded.findings, log);
    return checked;
}

// What needs a new service when it changes.
std::string whole(const Config& config) {
    std::string all = config_digest(config) + '\0' + config.mqtt.url_password + '\0' + config.gx.url_password;
    for (const SinkConfig& sink : config.sinks) {
        all += '\0' + sink.url_password;
    }
    return all;
}

std::function<std::string()> page_password(const Config& config) {
    return config.status_password_file.empty() ? std::function<std::string()>()
                                               : password_reader(config.status_password_file, {});
}

// Waits for a signal until the service must end; a new usable configuration on SIGHUP ends the inner service
// only.
class Supervisor {
  public:
    Supervisor(const Options& options, Log log)
        : options_(options), log_(with_ring(std::move(log), log_lines_, unix_milliseconds)) {}

    int run() {
        Checked checked = load_checked(options_, log_);
        if (!checked.usable()) {
            return exit_code::configuration;
        }
        if (!take_state_directory(checked, nullptr)) {
            return exit_code::io;
        }
        const auto started = Clock::now();
        std::optional<Checked> next(std::move(checked));
        while (next) {
            const std::chrono::seconds limit = next->loaded.config.exit_after;
            next = serve(*next, limit.count() > 0 ? std::optional(started + limit) : std::nullopt);
            trim_process_memory();
        }
        return exit_code_;
    }

  private:
    struct Seen {
        std::string config; // as whole() has it
        std::string broker_files;
    };

    // One service per state directory: two would overwrite each other's settings. Where nothing can be kept,
    // or the file system has no locks, there is nothing to take. `held`: of the service before.
    bool take_state_directory(Checked& checked, StateLock* held) {
        // Somebody may just edit the settings; but a running service must hear signals.
        const std::chrono::milliseconds limit(held == nullptr ? 1000 : 0);
        const std::string& directory = checked.loaded.config.state_dir;
        if (!StateFile(directory).why_not_writable().empty()) {
            return true;
        }
        std::error_code ignored;
        const bool is_same = held != nullptr && held->is_held() &&
                             std::filesystem::equivalent(held->directory(), directory, ignored);
        checked.lock = is_same ? std::move(*held) : StateLock(directory, limit);
        if (checked.lock.is_busy()) {
            log_(LogLevel::Error, "state", checked.lock.problem());
        }
        return !checked.lock.is_busy();
    }

    std::optional<Checked> serve(Checked& checked, std::optional<Clock::time_point> ends_at) {
        Seen seen{whole(checked.loaded.config), checked.broker_files};
        Config& config = checked.loaded.config;
        auto mqtt_password = password_reader(config.mqtt.password_file, config.mqtt.url_password);
        auto gx_password = password_reader(config.gx.password_file, config.gx.url_password);
        auto for_page = page_password(config);
        Service service({std::move(config), std::move(mqtt_password), log_,
                         [this] {
                             meter_lost_ = true;
                             raise_terminate();
                         },
                         std::move(gx_password), std::move(for_page), log_lines_, scan_, incidents_,
                         raise_reload});
        notify_.ready("started");
        for (;;) {
            const Signal signal = wait(service, ends_at);
            if (signal == Signal::Reload) {
                notify_.reloading();
                if (auto fresh = reload(seen, checked.lock, service)) {
                    return fresh;
                }
                notify_.ready(service.status_line());
                continue;
            }
            notify_.stopping();
            if (meter_lost_) {
                exit_code_ = exit_code::unavailable;
            }
            log_(LogLevel::Info, "gridbridge",
                 signal == Signal::TimeUp ? "exit_after has elapsed: stopping" : "stopping");
            return std::nullopt;
        }
    }

    // For a signal or `ends_at`, and tells the service manager meanwhile how the service is.
    Signal wait(Service& service, std::optional<Clock::time_point> ends_at) {
        if (!notify_.is_heard()) {
            return wait_for_signal(ends_at);
        }
        constexpr std::chrono::seconds status_interval(10);
        const auto interval = std::min<Clock::duration>(
            notify_.feed_interval().value_or(std::chrono::microseconds(status_interval)), status_interval);
        for (;;) {
            const auto next = Clock::now() + interval;
            const bool is_last = ends_at && *ends_at <= next;
            const Signal signal = wait_for_signal(is_last ? *ends_at : next);
            if (signal != Signal::TimeUp || is_last) {
                return signal;
            }
            tell(service);
        }
    }

    void tell(Service& service) {
        const std::string stuck = service.stuck_thread();
        if (stuck.empty()) {
            if (notify_.feed_interval()) {
                notify_.alive();
            }
            stuck_.clear();
            notify_.status(service.status_line());
            return;
        }
        const std::string text = stuck + " is stuck: no longer feeding the watchdog";
        if (stuck != stuck_) {
            log_(LogLevel::Error, "gridbridge", text);
            stuck_ = stuck;
        }
        notify_.status(text);
    }

    // A new configuration; nothing when the service can go on as it is.
    std::optional<Checked> reload(Seen& seen, StateLock& lock, Service& service) {
        Checked fresh = load_checked(options_, log_);
        if (!fresh.usable()) {
            log_(LogLevel::Error, "config", "not reloaded: the running configuration stays in use");
            return std::nullopt;
        }
        if (whole(fresh.loaded.config) != seen.config) {
            if (!take_state_directory(fresh, &lock)) {
                log_(LogLevel::Error, "config", "not reloaded: the running configuration stays in use");
                return std::nullopt;
            }
            log_(LogLevel::Info, "config", "reloaded");
            service.followed_by(fresh.loaded.config.meters);
            return fresh;
        }
        if (fresh.broker_files != seen.broker_files) {
            log_(LogLevel::Info, "config",
                 "password or TLS files have changed: connecting to the broker again");
            seen.broker_files = fresh.broker_files;
            service.reconnect();
        } else {
            log_(LogLevel::Info, "config", "reloaded: nothing has changed");
        }
        return std::nullopt;
    }

    const Options& options_;
    std::shared_ptr<LogRing> log_lines_ = std::make_shared<LogRing>(); // longer than a service
    std::shared_ptr<ScanJob> scan_ = std::make_shared<ScanJob>();      // what was found stays
    std::shared_ptr<KeptIncidents> incidents_ = std::make_shared<KeptIncidents>();
    Log log_;
    std::atomic<bool> meter_lost_ = false;
    int exit_code_ = exit_code::ok;
    Notify notify_;
    std::string stuck_; // said of this thread
};

} // namespace

int run_service(const Options& options) {
    block_signals();
    raise_descriptor_limit();
    prepare_process_memory();
    const Log log =
        make_log(parse_log_level(options.log_level).value_or(LogLevel::Info), options.log_format == "json");
    try {
        return Supervisor(options, log).run();
    } catch (const std::exception& error) {
        log(LogLevel::Error, "gridbridge", error.what());
        return exit_code::io;
    }
}

int run_check_config(const Options& options) {
    Loaded loaded = load_config(options);
    static_cast<void>(read_broker_files(loaded.config, loaded.findings));
    for (const Problem& warning : loaded.findings.warnings) {
        std::cerr << (options.strict ? "error: " : "warning: ") << warning.where << ": " << warning.text
                  << '\n';
    }
    for (const Problem& error : loaded.findings.errors) {
        std::cerr << "error: " << error.where << ": " << error.text << '\n';
    }
    if (!loaded.findings.errors.empty() || (options.strict && !loaded.findings.warnings.empty())) {
        return exit_code::configuration;
    }
    std::cout << show_config(loaded.config);
    return exit_code::ok;
}

} // namespace gridbridge
