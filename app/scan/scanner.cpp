#include "app/scan/scanner.hpp"

#include "app/scan/port_use.hpp"
#include "drivers/io/connect.hpp"
#include "drivers/io/descriptor.hpp"
#include "drivers/io/open_error.hpp"
#include "drivers/modbus/line/line_transport.hpp"
#include "drivers/stream/source/byte_source.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <optional>
#include <thread>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

constexpr milliseconds first_listen = 1500ms; // longer than the polling interval of most masters
constexpr milliseconds closer_listen = 3000ms;
constexpr milliseconds answer_time = 3500ms; // to a sign-on: 1.5 s, and 45 characters at 300 bit/s
constexpr milliseconds readout_time = 15s;
constexpr std::size_t hosts_at_a_time = 8;

// What arrives without being asked for. Sends nothing and keeps the request lines low: with some adapters
// they switch the transmitter on.
std::vector<std::uint8_t> listen(const std::string& path, int baud, bool request, milliseconds time,
                                 const std::stop_token& stop) {
    constexpr std::size_t enough = 2000;
    MeterConfig meter;
    meter.driver = DriverKind::Sml;
    meter.transport = Transport::Serial;
    meter.path = path;
    meter.baud = baud;
    meter.request = request;
    const auto source = make_byte_source(meter);
    source->open(stop);
    std::vector<std::uint8_t> heard;
    std::array<std::uint8_t, 512> buffer{};
    const auto deadline = Clock::now() + time;
    while (heard.size() < enough && Clock::now() < deadline && !stop.stop_requested()) {
        const std::size_t count = source->read_some(buffer, deadline, stop);
        heard.insert(heard.end(), buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(count));
    }
    source->close(); // takes the mark of exclusive use off the port
    return heard;
}

// At the speeds of the meters that send by themselves.
Heard listen_closer(const std::string& path, bool request, const std::stop_token& stop) {
    Heard heard = Heard::Nothing;
    for (const int baud : {9600, 115200}) {
        const Heard now = classify(listen(path, baud, request, closer_listen, stop));
        if (now != Heard::Nothing && now != Heard::Unknown) {
            return now;
        }
        heard = now == Heard::Nothing ? heard : now;
    }
    return heard;
}

Heard listen_first(const std::string& path, const std::stop_token& stop) {
    const Heard heard = classify(listen(path, 9600, false, first_listen, stop));
    if (heard != Heard::Unknown) {
        return heard;
    }
    const Heard closer = listen_closer(path, false, stop);
    return closer == Heard::Nothing ? heard : closer;
}

// Of an optical head whose meter must be asked. The readout is taken to its end where that is soon, so that
// the meter is ready for the next request.
bool answers_sign_on(const std::string& path, const std::stop_token& stop) {
    MeterConfig meter;
    meter.driver = DriverKind::D0;
    meter.transport = Transport::Serial;
    meter.path = path;
    meter.mode = ReadoutMode::Request;
    const auto source = make_byte_source(meter);
    source->open(stop);
    std::vector<std::uint8_t> heard;
    std::array<std::uint8_t, 512> buffer{};
    bool has_answered = false;
    bool has_ended = false;
    auto deadline = Clock::now() + answer_time;
    while (!has_ended && Clock::now() < deadline && !stop.stop_requested()) {
        const auto count = static_cast<std::ptrdiff_t>(source->read_some(buffer, deadline, stop));
        heard.insert(heard.end(), buffer.begin(), buffer.begin() + count);
        has_ended = has_answered && std::any_of(buffer.begin(), buffer.begin() + count,
                                                [](std::uint8_t byte) { return (byte & 0x7F) == '!'; });
        if (!has_answered && has_identification(heard)) {
            has_answered = true;
            deadline = Clock::now() + readout_time;
        }
    }
    source->close();
    return has_answered;
}

// Why a port that could not be scanned was left, as an exit code: the right to open it may be missing
// although its mode allows everybody (device cgroup of a container).
int failure_code(const std::string& path) {
    const Descriptor port(::open(path.c_str(), O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC));
    const int error = port.is_open() ? 0 : errno;
    return error == EPERM || error == EACCES ? exit_code::permission : exit_code::io;
}

void refuse(TargetReport& report, int exit_code, std::string error) {
    report.exit_code = exit_code;
    report.error = std::move(error);
}

// Whether the port is there, may be opened and is free; else the report says why not.
bool is_free(TargetReport& report) {
    const std::string& path = report.target.path;
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0) {
        const int error = errno;
        refuse(report, error == EACCES ? exit_code::permission : exit_code::io,
               explain_open_error(path, error));
    } else if (!is_terminal_device(path)) {
        refuse(report, exit_code::io, path + " is not a serial port");
    } else if (::access(path.c_str(), R_OK | W_OK) != 0) {
        refuse(report, exit_code::permission, explain_open_error(path, errno));
    } else if (const auto holders = port_holders(path); !holders.empty()) {
        std::string names;
        for (const PortHolder& holder : holders) {
            names +=
                (names.empty() ? "" : ", ") + holder.command + " (pid " + std::to_string(holder.pid) + ")";
        }
        refuse(report, exit_code::io,
               path + " is in use by " + names + ": a bus in service is not scanned; stop it first");
    }
    return report.error.empty();
}

class Scanner {
  public:
    Scanner(const ScanRequest& request, const std::stop_token& stop, ScanProgress& progress)
        : request_(request), stop_(stop), progress_(progress) {}

    TargetReport scan_port(ScanTarget target) const {
        target.path = name_by_id(target.path);
        TargetReport report{std::move(target), {}, {}, 0, {}, {}};
        if (!is_free(report)) {
            return report;
        }
        LineResult line;
        try {
            if (request_.listens_first) {
                progress_.print(report.target.path + ": listening for traffic before anything is sent");
                line.evidence.heard = listen_first(report.target.path, stop_);
            }
            if (line.evidence.heard == Heard::Nothing) {
                ask(report.target, line);
            }
            if (request_.signs_on && line.found.empty() && is_silent(line.evidence)) {
                progress_.print(report.target.path + ": silent: signing on to a meter of IEC 62056-21");
                line.evidence.heard = sign_on(report.target.path);
            }
            if (is_in_service(line.evidence.heard)) {
                refuse(report, exit_code::io, report.target.path + " was not scanned to the end");
            }
        } catch (const Stopped&) { // what was found counts
        } catch (const std::exception& error) {
            refuse(report, failure_code(report.target.path), error.what());
        }
        finish(report, std::move(line));
        return report;
    }

    // Nothing when nobody listens at this address of a network.
    std::optional<TargetReport> scan_host(const ScanTarget& target) const {
        TargetReport report{target, {}, {}, 0, {}, {}};
        LineResult line;
        try {
            const StopWait wait(stop_);
            connect_tcp(target.endpoint.host, target.endpoint.port, target.from_network ? 250ms : 3000ms,
                        wait);
        } catch (const LinkLost& error) {
            refuse(report, exit_code::unavailable, error.what());
            return target.from_network ? std::nullopt : std::optional(std::move(report));
        } catch (const Stopped&) {
            return std::nullopt;
        }
        try {
            ask(target, line);
        } catch (const Stopped&) { // what was found counts
        } catch (const std::exception& error) {
            refuse(report, exit_code::unavailable, error.what());
        }
        finish(report, std::move(line));
        return report;
    }

  private:
    // An adapter that cannot be as slow has no such meter behind it: no reason to call the scan failed.
    Heard sign_on(const std::string& path) const {
        try {
            return answers_sign_on(path, stop_) ? Heard::D0Asked : Heard::Nothing;
        } catch (const LinkLost&) {
            return Heard::Nothing;
        }
    }

    void ask(const ScanTarget& target, LineResult& line) const {
        LineAccess access;
        access.make_transport = make_line_transport;
        access.listen = [&] { return listen_closer(target.path, true, stop_); };
        access.progress = [&](const Probe& probe, std::size_t done, std::size_t left, std::size_t found) {
            progress_.show(target_text(target) + ": " + setting_text(probe.setting) + ", unit " +
                           std::to_string(probe.unit) + " (" + std::to_string(done + 1) + " of " +
                           std::to_string(done + left) + "), found " + std::to_string(found));
            if (found > 0 && progress_.on_found) {
                TargetReport until_now;
                until_now.target = target;
                until_now.found = line.found;
                progress_.on_found(until_now);
            }
        };
        scan_line(target, request_, access, stop_, line);
    }

    void finish(TargetReport& report, LineResult line) const {
        const bool was_scanned = report.error.empty() || line.evidence.heard != Heard::Nothing;
        const bool has_news = line.found.empty() || line.evidence.heard != Heard::Nothing;
        if (has_news && was_scanned && !stop_.stop_requested()) {
            report.hints = hints(line.evidence, report.target, request_);
        }
        report.found = std::move(line.found);
        report.evidence = std::move(line.evidence);
        if (stream_of(report.evidence.heard) && progress_.on_found) {
            progress_.on_found(report);
        }
    }

    const ScanRequest& request_;
    const std::stop_token& stop_;
    ScanProgress& progress_;
};

} // namespace

std::vector<TargetReport> scan(const ScanRequest& request, const std::stop_token& stop,
                               ScanProgress& progress) {
    const Scanner scanner(request, stop, progress);
    std::vector<std::optional<TargetReport>> reports(request.targets.size());
    for (std::size_t i = 0; i < reports.size() && !stop.stop_requested(); ++i) {
        if (request.targets[i].is_port()) {
            reports[i] = scanner.scan_port(request.targets[i]);
        }
    }
    std::atomic<std::size_t> next = 0;
    {
        std::vector<std::jthread> workers;
        for (std::size_t worker = 0; worker < std::min(hosts_at_a_time, reports.size()); ++worker) {
            workers.emplace_back([&] {
                for (std::size_t i = next++; i < reports.size() && !stop.stop_requested(); i = next++) {
                    if (!request.targets[i].is_port()) {
                        progress.show(target_text(request.targets[i]) + " (" + std::to_string(i + 1) +
                                      " of " + std::to_string(reports.size()) + ")");
                        reports[i] = scanner.scan_host(request.targets[i]);
                    }
                }
            });
        }
    }
    std::vector<TargetReport> done;
    for (std::optional<TargetReport>& report : reports) {
        if (report) {
            done.push_back(std::move(*report));
        }
    }
    return done;
}

} // namespace gridbridge
