// What is wrong with an installation, in words: one list for terminal, page, MQTT, Home Assistant and
// metrics.
#pragma once

#include "drivers/waist/clock.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace gridbridge {

// Warning and Error: somebody should act. Info: worth knowing, all is well.
enum class Severity : std::uint8_t { Info, Warning, Error };

enum class FindingCode : std::uint8_t {
    PortMissing,
    PortHeld,
    PortPermission,
    PortSettings,
    PortLatency,
    PortNameChanges,
    PortNotPassedIn,
    AdapterReplugged,
    AdapterEcho,
    BusShared,
    WrongUnit,
    BrokerName,
    BrokerUnreachable,
    BrokerTls,
    BrokerCertificate,
    BrokerLogin,
    BrokerFrozen,
    BrokerDelay,
    KeepaliveLong,
    AccessDenied,
    OtherService,
    Leftovers,
    NotSaved,
    PartFailed,
    SinkAway,
    OwnCertificate,
    ClockUnset,
    MeterUnreachable,
    MeterLost,
    MeterRefused,
    MeterSilent,
    MeterLocked,
    MeterSettings,
    MeterAdvice,
    ImportOnly,
    CountersJumped,
    ClockOffset,
    FirmwareFault,
    PeakAboveLimit,
    FuseOverload,
    PhaseReversed,
    MeterReversed,
    PhaseOnWrongVoltage,
    PhaseSequenceReversed,
    NeutralMissing,
    PhaseLost,
    SumDiffers,
    CurrentWithoutPower,
    SinglePhase,
    SameCircuit,
    StandbyInUse,
    MembersDiffer,
    GridAndPvExchanged,
    PvReversed,
    CtRatio,
    UnfitForControl,
    Fitness,
    Count
};

inline constexpr std::size_t finding_code_count = static_cast<std::size_t>(FindingCode::Count);

struct FindingRow {
    FindingCode code;
    std::string_view name; // in JSON, topics and metrics
    Severity severity;     // as a rule
    std::string_view title;
    std::string_view action; // what to do
};

// Row i describes code i.
extern const std::array<FindingRow, finding_code_count> finding_table;

struct Finding {
    FindingCode code{};
    Severity severity{};
    std::string meter; // serial number, or the URI as long as that is unknown; empty: the service itself
    std::optional<Clock::time_point> since; // none: not known
    std::string text;                       // one sentence
    std::string evidence;                   // the numbers
    std::string action;

    bool operator==(const Finding&) const = default;
};

// A moment of the steady clock and the wall clock at it; nothing: that is not set.
struct WallMark {
    Clock::time_point at{};
    std::optional<std::int64_t> unix_ms;
};

const FindingRow& finding_row(FindingCode code);
std::string_view severity_name(Severity severity); // "info", "warning", "error"

// Severity and action as in the table.
Finding make_finding(FindingCode code, std::string meter, std::string text, std::string evidence);

// The worst first, then in the order of the table.
void sort_findings(std::vector<Finding>& findings);

// A JSON list of {code, severity, meter, since, text, evidence, action}. `unix_ms`: the wall clock at `now`;
// nothing: it is not set. `since` is a time as in the log, in UTC, or null.
std::string findings_json(std::span<const Finding> findings, Clock::time_point now,
                          std::optional<std::int64_t> unix_ms);

} // namespace gridbridge
