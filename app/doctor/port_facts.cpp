#include "app/doctor/port_facts.hpp"

#include "drivers/text/text.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

namespace gridbridge {
namespace {

constexpr std::string_view service_command = "gridbridge";
constexpr int short_latency_ms = 2;

std::string joined(const std::vector<std::string>& texts) {
    std::string all;
    for (const std::string& text : texts) {
        all += (all.empty() ? "" : ", ") + text;
    }
    return all;
}

std::string holders_text(const std::vector<PortHolder>& holders) {
    std::string text;
    for (const PortHolder& holder : holders) {
        text += (text.empty() ? "" : ", ") + holder.command + " (pid " + std::to_string(holder.pid) + ")";
    }
    return text;
}

std::string present_text(const PortFacts& facts) {
    return facts.present.empty() ? "there is no port in " + std::string(by_id_folder)
                                 : "ports that are there: " + joined(facts.present);
}

Finding missing(const PortFacts& facts, const std::string& meter) {
    const bool has_gone = facts.error != ENOENT;
    const std::string text =
        has_gone ? explain_open_error(facts.path, facts.error) : facts.path + " does not exist";
    if (facts.is_in_container) {
        return make_finding(FindingCode::PortNotPassedIn, meter, text + " in this container",
                            "this process runs in a container; " + present_text(facts));
    }
    return make_finding(FindingCode::PortMissing, meter, text, present_text(facts));
}

// The group is named where it alone is missing.
Finding denied(const PortFacts& facts, const std::string& meter) {
    constexpr mode_t group_may = 060;
    const AccessFacts& access = facts.access;
    const bool is_in_group = std::binary_search(access.groups.begin(), access.groups.end(), access.group);
    Finding finding =
        make_finding(FindingCode::PortPermission, meter, facts.path + " may not be opened by this user",
                     facts.error == EACCES ? explain_denied(facts.path, access, Access::ReadWrite)
                                           : explain_open_error(facts.path, facts.error));
    if (facts.error == EACCES && access.found && !is_in_group && access.user != access.owner &&
        (access.mode & group_may) == group_may) {
        const std::string group = facts.group.empty() ? std::to_string(access.group) : facts.group;
        const std::string user = facts.user.empty() ? std::to_string(access.user) : facts.user;
        finding.action =
            facts.is_in_container
                ? "Add group_add: [\"" + std::to_string(access.group) + "\"] to the container."
                : "sudo usermod -aG " + group + " " + user + ", then log in again or restart the service.";
    }
    return finding;
}

// Why it cannot be opened; nothing: it can.
std::optional<Finding> opening(const PortFacts& facts, const std::string& meter) {
    switch (facts.error) {
    case 0:
        break;
    case ENOENT:
    case ENODEV:
    case ENXIO:
    case EIO:
        return missing(facts, meter);
    case EPERM:
        return facts.is_in_container ? make_finding(FindingCode::PortNotPassedIn, meter,
                                                    facts.path + " may not be opened in this container",
                                                    explain_open_error(facts.path, facts.error))
                                     : denied(facts, meter);
    case EACCES:
        return denied(facts, meter);
    case EBUSY:
    case EWOULDBLOCK:
        return make_finding(FindingCode::PortHeld, meter, facts.path + " is in use by another program",
                            "which one is not seen by this user: sudo gridbridge doctor names it");
    default:
        return make_finding(FindingCode::PortMissing, meter, facts.path + " cannot be opened",
                            explain_open_error(facts.path, facts.error));
    }
    if (!facts.is_serial) {
        return make_finding(FindingCode::PortMissing, meter, facts.path + " is not a serial port",
                            present_text(facts));
    }
    return std::nullopt;
}

// Names that the kernel gives in the order in which adapters are found.
bool can_change(const std::string& path) {
    constexpr std::array<std::string_view, 2> numbered{"/dev/ttyUSB", "/dev/ttyACM"};
    return std::any_of(numbered.begin(), numbered.end(),
                       [&](std::string_view begin) { return path.starts_with(begin); });
}

Finding name_changes(const PortFacts& facts, const std::string& meter) {
    Finding finding = make_finding(
        FindingCode::PortNameChanges, meter, facts.path + " may be another adapter after the next start",
        facts.by_id.empty() ? "the adapter has no name in " + std::string(by_id_folder)
                            : "its name that stays is " + facts.by_id);
    if (facts.by_id.empty()) {
        finding.action = "Use its name below /dev/serial/by-path: the adapter has no serial number.";
    }
    return finding;
}

} // namespace

bool is_container_cgroup(std::string_view text) {
    constexpr std::array<std::string_view, 5> marks{"docker", "kubepods", "containerd", "libpod", "/lxc"};
    return std::any_of(marks.begin(), marks.end(),
                       [&](std::string_view mark) { return text.find(mark) != std::string_view::npos; });
}

bool is_held_by_gridbridge(const PortFacts& facts) {
    return !facts.holders.empty() &&
           std::all_of(facts.holders.begin(), facts.holders.end(),
                       [](const PortHolder& holder) { return holder.command == service_command; });
}

std::vector<Finding> port_findings(const PortFacts& facts, const MeterConfig& meter) {
    std::vector<Finding> findings;
    const bool is_ours = is_held_by_gridbridge(facts);
    if (!facts.holders.empty() && !is_ours) {
        findings.push_back(make_finding(FindingCode::PortHeld, meter.uri,
                                        facts.path + " is in use by another program",
                                        holders_text(facts.holders)));
    } else if (auto finding = opening(facts, meter.uri)) {
        findings.push_back(std::move(*finding));
    }
    if (facts.error == 0 && can_change(facts.path) && (!facts.by_id.empty() || !facts.is_in_container)) {
        findings.push_back(name_changes(facts, meter.uri));
    }
    // Whoever opens the port asks for a short one: what it is before says nothing.
    if (facts.latency_ms.value_or(0) > short_latency_ms && (is_ours || facts.line)) {
        findings.push_back(make_finding(FindingCode::PortLatency, meter.uri,
                                        facts.path + " holds back what the meter sends",
                                        "latency_timer of the adapter: " + std::to_string(*facts.latency_ms) +
                                            " ms, although 1 ms was asked for"));
    }
    if (facts.line) {
        auto of_line = line_findings(facts, *facts.line, meter);
        std::move(of_line.begin(), of_line.end(), std::back_inserter(findings));
    }
    return findings;
}

} // namespace gridbridge
