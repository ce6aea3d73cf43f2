#include "app/scan/port_use.hpp"
#include "app/scan/report.hpp"
#include "app/service/signals.hpp"
#include "app/verbs/run.hpp"

#include <iostream>
#include <thread>

#include <sys/ioctl.h>
#include <unistd.h>

namespace gridbridge {
namespace {

int error_columns() {
    winsize size{};
    if (::isatty(STDERR_FILENO) == 0) {
        return 0;
    }
    return ::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 20 ? size.ws_col : 80;
}

void print(const std::vector<TargetReport>& reports, bool toml) {
    const std::string table = scan_table(reports);
    if (toml) {
        std::cerr << table << scan_notes(reports) << std::flush;
        std::cout << scan_toml(reports) << std::flush;
        return;
    }
    std::cout << table << std::flush;
    std::cerr << scan_notes(reports) << std::flush;
}

} // namespace

int run_scan(const Options& options) {
    ScanRequest request;
    if (const std::string problem = read_scan_request(options, request); !problem.empty()) {
        std::cerr << "gridbridge: " << problem << '\n';
        return exit_code::usage;
    }
    if (options.arguments.empty()) {
        for (std::string& port : ports_by_id()) {
            request.targets.push_back({std::move(port), {}, false});
        }
    }
    if (request.targets.empty()) {
        std::cerr << "error: no serial port in " << by_id_folder
                  << ": plug the adapter in, pass it into the container, or name a port or host\n";
        return exit_code::unavailable;
    }
    block_signals();
    ScanProgress progress(std::cerr, error_columns());
    std::vector<TargetReport> reports;
    bool interrupted = false;
    {
        const std::jthread scanner([&](const std::stop_token& stop) {
            reports = scan(request, stop, progress);
            interrupted = stop.stop_requested();
            raise_terminate();
        });
        while (wait_for_signal({}) != Signal::Terminate) {
        }
    }
    progress.clear();
    print(reports, request.toml);
    const int code = scan_exit_code(reports);
    if (interrupted) {
        std::cerr << "stopped before the end\n";
    } else if (code == exit_code::unavailable) {
        std::cerr << "no meter found\n";
    }
    return code;
}

} // namespace gridbridge
