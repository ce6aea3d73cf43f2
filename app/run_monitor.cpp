#include "app/load_config.hpp"
#include "app/log.hpp"
#include "app/monitor_view.hpp"
#include "app/run.hpp"
#include "app/signals.hpp"
#include "drivers/driver.hpp"
#include "drivers/text.hpp"
#include "mqtt/bridge.hpp"
#include "mqtt/settings_store.hpp"

#include <algorithm>
#include <iostream>
#include <map>
#include <mutex>
#include <thread>

#include <sys/ioctl.h>
#include <unistd.h>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;

enum class Form : unsigned char { Table, Lines, Json };

// Shows what the bridge tells every outlet; says nothing over MQTT.
class MonitorOutlet final : public Outlet {
  public:
    explicit MonitorOutlet(Form form) : form_(form) {}

    void added(const Meter& meter) override { meters_.emplace(meter.source, &meter); }
    void reading(const Meter& meter, Clock::time_point now, Messages& /*out*/) override { line(meter, now); }
    void lost(const Meter& meter, Clock::time_point now, Messages& /*out*/) override { line(meter, now); }

    std::string table(Clock::time_point now) const {
        std::vector<Meter> meters;
        for (const auto& [source, meter] : meters_) {
            meters.push_back(*meter);
        }
        return monitor_table(meters, now);
    }

  private:
    void line(const Meter& meter, Clock::time_point now) const {
        if (form_ == Form::Json) {
            std::cout << monitor_json(meter, now) << std::endl;
        } else if (form_ == Form::Lines) {
            std::cout << monitor_line(meter, now) << std::endl;
        }
    }

    Form form_;
    std::map<SourceId, const Meter*> meters_;
};

// The newest line of the log, below the table instead of across it.
class LastLine {
  public:
    Log log() {
        return [this](LogLevel level, std::string_view component, std::string_view text) {
            const std::lock_guard lock(mutex_);
            if (level >= LogLevel::Warn) {
                text_ = std::string(component) + ": " + std::string(text);
            }
        };
    }
    std::string text() const {
        const std::lock_guard lock(mutex_);
        return text_;
    }

  private:
    mutable std::mutex mutex_;
    std::string text_;
};

// The table from the top left corner; every line clears what was there.
std::string screen(std::string content, const std::string& last_line, std::size_t columns) {
    if (!last_line.empty() && content.find(last_line) == std::string::npos) {
        content.append("\n").append(last_line).append("\n");
    }
    content += "\nCtrl-C ends";
    std::string text = "\x1b[H";
    for (const std::string_view line : split(content, '\n')) {
        text.append(clipped(line, columns)).append("\x1b[K\n");
    }
    return text + "\x1b[J";
}

std::size_t terminal_columns() {
    winsize size{};
    const bool is_known = ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
    return is_known ? size.ws_col : 80;
}

// The service's own drivers and bridge, with a terminal instead of a broker.
class Monitor {
  public:
    Monitor(const Config& config, Settings settings, Form form)
        : meters_(config.meters), settings_(std::move(settings)), form_(form) {
        for (MeterConfig& meter : meters_) {
            meter.share.clear(); // the port may belong to the running service
        }
        BridgeOptions options;
        options.meters = meters_;
        options.vanish_after = config.venus.vanish_after;
        options.orders = &orders_;
        auto outlet = std::make_unique<MonitorOutlet>(form);
        outlet_ = outlet.get();
        std::vector<std::unique_ptr<Outlet>> outlets;
        outlets.push_back(std::move(outlet));
        bridge_ = std::make_unique<Bridge>(std::move(options), settings_, std::move(outlets));
        bridge_->give_phase_modes();
    }

    // Until stop is requested or nobody reads the output any more.
    void run(const std::stop_token& stop, const Log& log) {
        const Log used = form_ == Form::Table ? last_.log() : log; // the drivers keep a reference
        const auto drivers = make_drivers(meters_, handoff_, orders_, used);
        std::vector<std::jthread> threads;
        threads.reserve(drivers.size());
        for (const auto& driver : drivers) {
            threads.emplace_back([&driver = *driver](const std::stop_token& ends) { driver.run(ends); });
        }
        if (form_ == Form::Table) {
            std::cout << "\x1b[2J";
        }
        while (!stop.stop_requested() && std::cout) {
            step(stop);
        }
        for (std::jthread& thread : threads) {
            thread.request_stop();
        }
    }

  private:
    void step(const std::stop_token& stop) {
        Messages unsent;
        const auto limit = std::min(bridge_->next_tick(Clock::now()), Clock::now() + 1s);
        const auto updates = handoff_.take(limit, stop);
        const auto now = Clock::now();
        for (const MeterUpdate& update : updates) {
            bridge_->update(update, now, unsent);
        }
        bridge_->tick(now, unsent);
        if (form_ == Form::Table && now >= drawn_at_ + 250ms) {
            drawn_at_ = now;
            std::cout << screen(outlet_->table(now), last_.text(), terminal_columns()) << std::flush;
        }
    }

    std::vector<MeterConfig> meters_;
    Settings settings_;
    Form form_;
    Handoff handoff_;
    Orders orders_;
    LastLine last_;
    MonitorOutlet* outlet_ = nullptr;
    std::unique_ptr<Bridge> bridge_;
    Clock::time_point drawn_at_{};
};

Form form_of(const Options& options) {
    if (options.json) {
        return Form::Json;
    }
    return ::isatty(STDOUT_FILENO) != 0 ? Form::Table : Form::Lines;
}

} // namespace

int run_monitor(const Options& options) {
    const Log log =
        make_log(parse_log_level(options.log_level).value_or(LogLevel::Info), options.log_format == "json");
    const auto config = load_or_complain(options);
    if (!config) {
        return exit_code::configuration;
    }
    try {
        Monitor monitor(*config, load_settings(config->state_dir, false, log), form_of(options));
        block_signals();
        const std::jthread thread([&](const std::stop_token& stop) {
            monitor.run(stop, log);
            raise_terminate();
        });
        while (wait_for_signal({}) != Signal::Terminate) {
        }
    } catch (const std::exception& error) {
        std::cerr << "error: " << error.what() << '\n';
        return exit_code::io;
    }
    return exit_code::ok;
}

} // namespace gridbridge
