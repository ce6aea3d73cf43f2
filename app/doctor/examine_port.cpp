#include "app/doctor/examine_port.hpp"

#include "app/scan/scanner.hpp"
#include "drivers/io/descriptor.hpp"
#include "drivers/stream/recognise/recognise.hpp"
#include "drivers/stream/source/byte_source.hpp"
#include "drivers/text/number.hpp"
#include "drivers/text/text.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;

constexpr auto listening = 12s;       // some meters send every 10 s
constexpr auto after_first_byte = 3s; // for a whole telegram

std::string text_of_file(const std::string& path) {
    std::ifstream file(path);
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
}

// Of /etc/passwd or /etc/group: a name server is not asked, it may be away.
std::string name_of_id(const std::string& file, unsigned id) {
    const std::string text = text_of_file(file);
    for (const std::string_view line : split(text, '\n')) {
        const auto fields = split(line, ':');
        if (fields.size() > 2 && parse_integer(fields[2]) == id) {
            return std::string(fields[0]);
        }
    }
    return {};
}

bool runs_in_container() {
    return ::access("/.dockerenv", F_OK) == 0 || ::access("/run/.containerenv", F_OK) == 0 ||
           is_container_cgroup(text_of_file("/proc/1/cgroup"));
}

std::optional<int> latency_of(const std::string& path, const std::string& sys) {
    std::error_code error;
    const auto device = std::filesystem::canonical(path, error);
    if (error) {
        return std::nullopt;
    }
    const std::string folder = sys + "/class/tty/" + device.filename().string() + "/device/";
    for (const char* const place : {"latency_timer", "../../latency_timer"}) {
        const std::string text = text_of_file(folder + place);
        if (const auto value = parse_integer(trim(text))) {
            return static_cast<int>(*value);
        }
    }
    return std::nullopt;
}

// 0, or why it cannot be opened.
int try_to_open(const std::string& path) {
    const Descriptor port(::open(path.c_str(), O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC));
    return port.is_open() ? 0 : errno;
}

template <typename Value>
void append_new(std::vector<Value>& list, Value value) {
    if (std::find(list.begin(), list.end(), value) == list.end()) {
        list.push_back(value);
    }
}

// The configured units and settings alone, or these first and then all others.
ScanRequest request_for(const std::string& path, std::span<const MeterConfig> meters, bool is_wide) {
    ScanRequest request;
    request.targets.push_back({path, {}, false});
    for (const MeterConfig& meter : meters) {
        const LineSetting setting = expected_setting(meter);
        for (const int unit : expected_units(meter)) {
            append_new(request.units, unit);
        }
        append_new(request.bauds, setting.baud);
        append_new(request.parities, setting.parity);
    }
    if (is_wide) {
        for (int unit = 1; unit <= 10; ++unit) {
            append_new(request.units, unit);
        }
        for (const int baud : {9600, 19200, 115200, 38400, 57600, 4800}) {
            append_new(request.bauds, baud);
        }
        append_new(request.parities, Parity::None);
        append_new(request.parities, Parity::Even);
    }
    return request;
}

void scan_into(LineFacts& line, const ScanRequest& request, const std::stop_token& stop) {
    ScanProgress silent([](const std::string&) {});
    for (TargetReport& report : scan(request, stop, silent)) {
        line.error = std::move(report.error);
        line.evidence = std::move(report.evidence);
        line.hints = hints(line.evidence, report.target, request);
        for (FoundUnit& found : report.found) {
            append_new(line.found, std::move(found));
        }
    }
}

bool are_all_found(const LineFacts& line, std::span<const MeterConfig> meters) {
    return std::all_of(meters.begin(), meters.end(), [&](const MeterConfig& meter) {
        const auto expected = expected_units(meter);
        return std::any_of(line.found.begin(), line.found.end(), [&](const FoundUnit& found) {
            return std::find(expected.begin(), expected.end(), found.probe.unit) != expected.end();
        });
    });
}

LineFacts ask_bus(const std::string& path, std::span<const MeterConfig> meters, const std::stop_token& stop) {
    LineFacts line;
    scan_into(line, request_for(path, meters, false), stop);
    const bool may_go_on = line.error.empty() && line.evidence.heard == Heard::Nothing;
    if (may_go_on && !are_all_found(line, meters) && !stop.stop_requested()) {
        scan_into(line, request_for(path, meters, true), stop);
    }
    return line;
}

LineFacts listen_to(const MeterConfig& meter, const std::stop_token& stop) {
    LineFacts line;
    std::vector<std::uint8_t> bytes;
    const auto began = Clock::now();
    auto deadline = began + listening;
    try {
        const auto source = make_byte_source(meter);
        source->open(stop);
        std::array<std::uint8_t, 512> buffer{};
        while (Clock::now() < deadline && !stop.stop_requested() && bytes.size() < recognised_bytes) {
            const std::size_t count = source->read_some(buffer, deadline, stop);
            if (bytes.empty() && count > 0) {
                deadline = std::min<Clock::time_point>(deadline, Clock::now() + after_first_byte);
            }
            bytes.insert(bytes.end(), buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(count));
        }
        source->close();
    } catch (const std::exception& error) {
        line.error = error.what();
    }
    line.received = bytes.size();
    line.listened = std::chrono::duration_cast<std::chrono::seconds>(Clock::now() - began);
    const bool may_be_searched = driver_row(meter.driver).settings_are_searched && !meter.baud;
    const bool has_key = !meter.key.empty();
    if (!may_be_searched && !has_key) { // else the driver finds out more than can be seen here
        line.recognised = finding_text(recognise(bytes, {meter.driver}), meter.driver);
    }
    return line;
}

} // namespace

PortFacts look_at_port(const std::string& path, const std::string& sys) {
    PortFacts facts;
    facts.path = path;
    facts.is_in_container = runs_in_container();
    facts.present = ports_by_id();
    facts.access = access_facts(path);
    struct stat status {};
    if (::stat(path.c_str(), &status) != 0) {
        facts.error = errno;
        return facts;
    }
    facts.user = name_of_id("/etc/passwd", facts.access.user);
    facts.group = name_of_id("/etc/group", facts.access.group);
    facts.is_serial = is_terminal_device(path);
    if (!facts.is_serial) {
        return facts;
    }
    if (::access(path.c_str(), R_OK | W_OK) != 0) {
        facts.error = errno;
    }
    facts.holders = port_holders(path);
    const std::string by_id = name_by_id(path);
    facts.by_id = by_id == path ? std::string() : by_id;
    facts.latency_ms = latency_of(path, sys);
    return facts;
}

void examine_line(PortFacts& facts, std::span<const MeterConfig> meters, const std::stop_token& stop) {
    if (facts.error != 0 || !facts.is_serial || !facts.holders.empty() || meters.empty()) {
        return;
    }
    facts.error = try_to_open(facts.path);
    if (facts.error != 0) {
        return;
    }
    const MeterConfig& first = meters.front();
    if (is_stream(first.driver)) {
        facts.line = listen_to(first, stop);
    } else if (!driver_row(first.driver).has_chain) { // a SunSpec device answers other questions
        facts.line = ask_bus(facts.path, meters, stop);
    }
    facts.latency_ms = facts.latency_ms ? latency_of(facts.path, "/sys") : std::nullopt;
}

} // namespace gridbridge
