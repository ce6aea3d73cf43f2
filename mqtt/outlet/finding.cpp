#include "mqtt/outlet/finding.hpp"

#include "drivers/json/json.hpp"
#include "drivers/text/utc.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace gridbridge {
namespace {

using enum FindingCode;

OrderedJson since_json(const Finding& finding, Clock::time_point now, std::optional<std::int64_t> unix_ms) {
    if (!finding.since || !unix_ms) {
        return {};
    }
    const auto ago = std::chrono::duration_cast<std::chrono::milliseconds>(now - *finding.since);
    return utc_text((*unix_ms - ago.count()) / 1000);
}

} // namespace

constexpr std::array<FindingRow, finding_code_count> finding_table{{
    {PortMissing, "port_missing", Severity::Error, "The port is not there",
     "Plug the adapter in; gridbridge scan lists the ports that are there."},
    {PortHeld, "port_held", Severity::Error, "Another program has the port",
     "Stop the other program, or give it another port."},
    {PortPermission, "port_permission", Severity::Error, "The port may not be opened",
     "Add the user to the group of the port, then log in again or restart the service."},
    {PortSettings, "port_settings", Severity::Error, "Baud rate, parity or wiring of the line",
     "Swap A and B; if that does not help, run gridbridge scan with the service stopped: it tries every "
     "setting."},
    {PortLatency, "port_latency", Severity::Info, "The adapter holds back bytes",
     "Write 1 to the latency_timer of the port, by a udev rule (see systemd/README.md)."},
    {PortNameChanges, "port_name_changes", Severity::Info, "The name of the port can change",
     "Use its name below /dev/serial/by-id, which stays when adapters are plugged in another order."},
    {PortNotPassedIn, "port_not_passed_in", Severity::Error, "The port was not given to the container",
     "Give the device to the container: --device, or devices: in compose.yaml (see docker/README.md)."},
    {AdapterReplugged, "adapter_replugged", Severity::Warning, "The adapter comes and goes",
     "Look at cable, hub and power supply; a replugged adapter has another name without by-id."},
    {AdapterEcho, "adapter_echo", Severity::Info, "The adapter sends back what it is sent",
     "Nothing has to be done: the echo is taken off."},
    {BusShared, "bus_shared", Severity::Warning, "Another client uses this line",
     "Leave one master on the line: stop the other, or give it a gateway that serves several clients."},
    {WrongUnit, "wrong_unit", Severity::Error, "Nothing answers at this unit id",
     "Read the address on the display of the meter, or run gridbridge scan with the service stopped."},
    {BrokerName, "broker_name", Severity::Error, "The name of the broker is not known",
     "Write its address in [mqtt] servers, or look at the name server of this machine."},
    {BrokerUnreachable, "broker_unreachable", Severity::Error, "The broker is not reached",
     "See that the broker runs, and look at host, port, firewall and route."},
    {BrokerTls, "broker_tls", Severity::Error, "TLS with the broker fails",
     "See that the port speaks TLS, and give its authority in [mqtt] ca_file."},
    {BrokerCertificate, "broker_certificate", Severity::Warning, "The broker's certificate ends",
     "Renew the certificate of the broker."},
    {BrokerLogin, "broker_login", Severity::Error, "The broker refuses the login",
     "Look at [mqtt] username and password_file."},
    {BrokerFrozen, "broker_frozen", Severity::Error, "The broker does not answer",
     "Look at the load, the disk and the network of the broker."},
    {BrokerDelay, "broker_delay", Severity::Info, "The broker passes messages on late",
     "Set set_tcp_nodelay true in mosquitto.conf and restart mosquitto."},
    {KeepaliveLong, "keepalive_long", Severity::Info, "A frozen broker is noticed late",
     "Set [mqtt] keepalive to 30 or less."},
    {AccessDenied, "access_denied", Severity::Error, "The broker's access rules deny a branch",
     "Allow the branch in the broker's access rules (see mqtt/README.md)."},
    {OtherService, "other_service", Severity::Error, "Two services have one identity",
     "Set portal_id and [mqtt] client_id of one of them, or stop it."},
    {Leftovers, "leftovers", Severity::Info, "The broker keeps what an earlier run left",
     "Clear it with mosquitto_pub -r -n -t TOPIC if nobody else needs it."},
    {NotSaved, "not_saved", Severity::Error, "Something cannot be saved",
     "Look at free space and permissions of the state directory."},
    {PartFailed, "part_failed", Severity::Warning, "A part of the service failed",
     "It is started again by itself; report it with the log."},
    {SinkAway, "sink_away", Severity::Warning, "A sink does not take what it is sent",
     "Look at url or servers, the login, and its end; what waits for it is in sinks of health."},
    {OwnCertificate, "own_certificate", Severity::Warning, "A certificate of this gateway ends",
     "Put a renewed one into its place: the next connection reads it."},
    {ClockUnset, "clock_unset", Severity::Warning, "The clock of this machine is not set",
     "Let it reach a time server: systemctl status systemd-timesyncd."},
    {MeterUnreachable, "meter_unreachable", Severity::Error, "The meter has not answered yet",
     "Look at power, wiring and address of the meter; gridbridge scan finds what answers."},
    {MeterLost, "meter_lost", Severity::Error, "The meter no longer answers",
     "Look at power and wiring of the meter and at its adapter or gateway."},
    {MeterRefused, "meter_refused", Severity::Error, "The meter is refused",
     "Remove one of the two entries that lead to the same meter."},
    {MeterSilent, "meter_silent", Severity::Error, "The meter sends no power",
     "Look at the display of the meter and ask its operator."},
    {MeterLocked, "meter_locked", Severity::Error, "The meter is locked",
     "Enter the PIN from the grid operator and switch the full data set on."},
    {MeterSettings, "meter_settings", Severity::Warning, "A setting of the meter is not what is needed",
     "Turn the selector of the meter to a position that is not locked; settings are then made by "
     "themselves."},
    {MeterAdvice, "meter_advice", Severity::Info, "The meter has a remark", "See the text."},
    {ImportOnly, "import_only", Severity::Error, "The meter cannot see export",
     "Use a meter that measures both directions, or give this one the role acload."},
    {CountersJumped, "counters_jumped", Severity::Warning, "An energy counter jumped",
     "If the meter was exchanged, nothing has to be done; else look at the line: values may be damaged."},
    {ClockOffset, "clock_offset", Severity::Warning, "The clock of the meter is wrong",
     "Its operator sets the clock of a billing meter; look at the time server of this machine."},
    {FirmwareFault, "firmware_fault", Severity::Warning, "The firmware of the meter has a known fault",
     "Ask the maker for a newer firmware."},
    {PeakAboveLimit, "peak_above_limit", Severity::Warning, "The mean power of a period is above the limit",
     "Switch loads off or let the battery help until the period ends."},
    {FuseOverload, "fuse_overload", Severity::Error, "The current is above the fuse",
     "Switch loads of this phase off; check the key fuse."},
    {PhaseReversed, "phase_reversed", Severity::Error, "A phase is measured in reverse",
     "Turn the current transformer of this phase round, or swap its two wires or the wires of the phase."},
    {MeterReversed, "meter_reversed", Severity::Error, "The meter measures in reverse",
     "Swap line and load side, or turn every current transformer round."},
    {PhaseOnWrongVoltage, "phase_on_wrong_voltage", Severity::Error,
     "Current and voltage are of different phases",
     "Put the current transformers on the phases whose voltages the meter has at the same number."},
    {PhaseSequenceReversed, "phase_sequence_reversed", Severity::Warning, "The phases turn the other way",
     "Swap two phases, voltage and current together."},
    {NeutralMissing, "neutral_missing", Severity::Error, "The neutral is missing",
     "Danger for devices: have an electrician look at the neutral of meter and house now."},
    {PhaseLost, "phase_lost", Severity::Error, "A phase has no voltage", "Look at the fuse of this phase."},
    {SumDiffers, "sum_differs", Severity::Warning, "The total is not the sum of the phases",
     "Look at measuring system and wiring of the meter."},
    {CurrentWithoutPower, "current_without_power", Severity::Error, "A phase has current and no power",
     "Look at the voltage input of this phase."},
    {SinglePhase, "single_phase", Severity::Info, "One phase on a three-phase meter",
     "Set phases = 1 or the measuring system of the meter, so that displays show one phase."},
    {SameCircuit, "same_circuit", Severity::Warning, "Two meters measure the same circuit",
     "Remove one, or move its current transformers."},
    {StandbyInUse, "standby_in_use", Severity::Warning, "A standby meter uses a spare",
     "Look at power, wiring and line of the first meter: it is used again by itself once it has answered "
     "for a while."},
    {MembersDiffer, "members_differ", Severity::Warning, "Members of a standby meter contradict each other",
     "Compare both with a load that is known: gridbridge cannot tell which is right and goes on with the "
     "first that answers."},
    {GridAndPvExchanged, "grid_and_pv_exchanged", Severity::Error, "Grid and PV meter are exchanged",
     "Exchange the role of the two meters."},
    {PvReversed, "pv_reversed", Severity::Error, "The PV meter measures in reverse",
     "Swap line and load side of the PV meter, or turn its current transformers round."},
    {CtRatio, "ct_ratio", Severity::Error, "The ratio of the current transformers cannot be right",
     "Read the ratio on the transformers and set it in the meter, or as ct_ratio if the meter does not know "
     "it."},
    {UnfitForControl, "unfit_for_control", Severity::Warning, "Only for display, not for control",
     "See the text."},
    {Fitness, "fitness", Severity::Info, "Fitness for control", "Nothing has to be done."},
}};

namespace {

constexpr bool rows_are_in_order() {
    for (std::size_t i = 0; i < finding_table.size(); ++i) {
        if (static_cast<std::size_t>(finding_table[i].code) != i) {
            return false;
        }
    }
    return true;
}
static_assert(rows_are_in_order(), "row i of finding_table describes code i");

} // namespace

const FindingRow& finding_row(FindingCode code) {
    return finding_table.at(static_cast<std::size_t>(code));
}

std::string_view severity_name(Severity severity) {
    constexpr std::array<std::string_view, 3> names{"info", "warning", "error"};
    return names.at(static_cast<std::size_t>(severity));
}

Finding make_finding(FindingCode code, std::string meter, std::string text, std::string evidence) {
    const FindingRow& row = finding_row(code);
    return {code,
            row.severity,
            std::move(meter),
            {},
            std::move(text),
            std::move(evidence),
            std::string(row.action)};
}

void sort_findings(std::vector<Finding>& findings) {
    std::stable_sort(findings.begin(), findings.end(), [](const Finding& one, const Finding& other) {
        return one.severity != other.severity ? one.severity > other.severity : one.code < other.code;
    });
}

std::string findings_json(std::span<const Finding> findings, Clock::time_point now,
                          std::optional<std::int64_t> unix_ms) {
    OrderedJson list = OrderedJson::array();
    for (const Finding& finding : findings) {
        list.push_back({{"code", finding_row(finding.code).name},
                        {"severity", severity_name(finding.severity)},
                        {"meter", finding.meter},
                        {"since", since_json(finding, now, unix_ms)},
                        {"text", finding.text},
                        {"evidence", finding.evidence},
                        {"action", finding.action}});
    }
    return write_json(list);
}

} // namespace gridbridge
