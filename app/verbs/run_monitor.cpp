#include "app/config/load_config.hpp"
#include "app/log/make_log.hpp"
#include "app/service/signals.hpp"
#include "app/verbs/local_bridge.hpp"
#include "app/verbs/monitor_view.hpp"
#include "app/verbs/run.hpp"
#include "drivers/text/text.hpp"
#include "drivers/waist/guarded.hpp"
#include "drivers/waist/log.hpp"
#include "mqtt/outlet/outlet.hpp"
#include "mqtt/settings/settings_store.hpp"
#include "mqtt/status/snapshot_board.hpp"

#include <chrono>
#include <iostream>
#include <memory>
#include <thread>

#include <sys/ioctl.h>
#include <unistd.h>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;

enum class Form : unsigned char { Table, Lines, Json };

// A line for each reading and each loss.
class LineOutlet final : public Outlet {
  public:
    explicit LineOutlet(bool json) : json_(json) {}

    void reading(const Meter& meter, Clock::time_point now, Messages& /*out*/) override { line(meter, now); }
    void lost(const Meter& meter, Clock::time_point now, Messages& /*out*/) override { line(meter, now); }

  private:
    void line(const Meter& meter, Clock::time_point now) const {
        std::cout << (json_ ? monitor_json(meter, now) : monitor_line(meter, now)) << std::endl;
    }

    bool json_;
};

// The newest line of the log, below the table instead of across it.
class LastLine {
  public:
    Log log() {
        return [this](LogLevel level, std::string_view component, std::string_view message) {
            if (level >= LogLevel::Warn) {
                text_.with(
                    [&](std::string& text) { text = std::string(component) + ": " + std::string(message); });
            }
        };
    }
    std::string text() const {
        return text_.with([](const std::string& text) { return text; });
    }

  private:
    Guarded<std::string> text_;
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

// Until stop is requested or nobody reads the output any more.
void monitor_lines(const Config& config, Settings settings, bool json, const Log& log,
                   const std::stop_token& stop) {
    LocalBridge bridge(config, std::move(settings),
                       {{"monitor", [json] { return std::make_unique<LineOutlet>(json); }}}, log);
    bridge.run(stop, [] { return static_cast<bool>(std::cout); });
}

// Draws what the bridge's thread puts on the board.
class TableMonitor {
  public:
    TableMonitor(const Config& config, Settings settings)
        : bridge_(
              config, std::move(settings),
              {{"monitor", [this] { return std::make_unique<SnapshotOutlet>(board_, SnapshotOptions{}); }}},
              last_.log()) {}

    void run(const std::stop_token& stop) {
        std::cout << "\x1b[2J";
        std::jthread reader([this](const std::stop_token& ends) { bridge_.run(ends, [] { return true; }); });
        Guarded<bool> pause;
        while (!stop.stop_requested() && std::cout) {
            draw();
            pause.wait(
                Clock::now() + 250ms, stop, [](bool) { return false; }, [](bool) {});
        }
    }

  private:
    void draw() {
        if (const auto snapshot = board_.ask(1s)) {
            const std::string table = monitor_table(snapshot->meters, Clock::now());
            std::cout << screen(table, last_.text(), terminal_columns()) << std::flush;
        }
    }

    LastLine last_;
    SnapshotBoard board_{[this] { bridge_.wake(); }};
    LocalBridge bridge_;
};

void monitor(const Config& config, Settings settings, Form form, const Log& log,
             const std::stop_token& stop) {
    if (form == Form::Table) {
        TableMonitor(config, std::move(settings)).run(stop);
    } else {
        monitor_lines(config, std::move(settings), form == Form::Json, log, stop);
    }
}

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
        Settings settings = load_settings(config->state_dir, false, log);
        block_signals();
        const std::jthread thread([&](const std::stop_token& stop) {
            monitor(*config, settings, form_of(options), log, stop);
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
