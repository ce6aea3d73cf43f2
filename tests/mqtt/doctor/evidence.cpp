#include "tests/mqtt/doctor/evidence.hpp"

#include <map>

namespace gridbridge::simulated {

using enum FindingCode;

std::string evidence_of(FindingCode code) {
    static const std::map<FindingCode, const char*> table{
        {PhaseReversed,
         R"(voltage L[123] rises [\d.]+ V per A of import \([\d.]+ standard errors\), [\d.]+ % of its readings are export.* in \d+ steps of the load)"},
        {MeterReversed, R"(voltage L1 rises [\d.]+ V per A of import .* in \d+ steps of the load)"},
        {PhaseOnWrongVoltage,
         R"(current L[123]: voltage L[123] (rises|falls) [\d.]+ V per A .* in \d+ steps of the load)"},
        {PhaseSequenceReversed, "by the meter itself"},
        {NeutralMissing, R"(up to [\d.]+ V between two phases: [\d.]+ V and [\d.]+ V at the same time)"},
        {PhaseLost, R"([\d.]+ V for more than a minute, while another phase has its voltage)"},
        {SumDiffers, R"(-?[\d.]+ W, for more than 5 minutes)"},
        {CurrentWithoutPower,
         R"(up to [\d.]+ A with less than a tenth of their power in [\d.]+ % of \d+ readings|[\d.]+ A at [\d.]+ V)"},
        {ImportOnly,
         R"(EM24-DIN AV9|up to [\d.]+ A with 0 W in \d+ readings|the PV meter gave up to [\d.]+ W meanwhile)"},
        {SinglePhase, R"(\d+ readings with the voltage of one phase alone)"},
        {SameCircuit, R"(the same power in [\d.]+ % of \d+ samples)"},
        {GridAndPvExchanged,
         R"(this one -?[\d.]+ W to [\d.]+ W, the grid meter idle in [\d.]+ % of \d+ samples)"},
        {PvReversed, R"(from -[\d.]+ W, never above [\d.]+ W)"},
        {CtRatio,
         R"((voltage L[123] falls [\d.]+ V per A .*, a supply has less than 1 ohm; ct_ratio = 1.0|[\d.]+ A on L[123], fuse \d+ A))"},
        {FuseOverload, R"([\d.]+ A on L[123], fuse 13 A)"},
        {PeakAboveLimit, R"([\d.]+ kW, limit 2.5 kW)"},
        {UnfitForControl,
         R"(a reading every [\d.]+ s, [\d.]+ % lost, [\d.]+ % late by up to [\d.]+ s, round trip [\d.]+ ms, [\d.]+ ms to the broker's client)"},
        {MeterLost, R"(last reading [\d.]+ s ago)"},
        {MeterUnreachable, R"(no reading for [\d.]+ s)"},
        {MeterLocked, R"(energy comes, no power for [\d.]+ s)"},
        {MeterSettings, "error code 1"},
        {CountersJumped, R"(7 values held back since the start)"},
        {ClockOffset, R"(\d+ s against the clock of this machine)"},
        {FirmwareFault, R"(firmware 1\.6\.\d, mended in 1\.8\.3)"},
        {BusShared, R"(\d+ since the start)"},
        {AdapterReplugged, R"(\d+ times since the start)"},
        {BrokerUnreachable, R"(reconnected \d+ times since the start)"},
        {BrokerFrozen, R"(an answer is due for 9 s, \d+ messages wait)"},
        {AccessDenied, ""},
        {OtherService, ""},
        {NotSaved, ""},
        {ClockUnset, ""},
    };
    const auto row = table.find(code);
    return row == table.end() ? "no such code" : row->second;
}

} // namespace gridbridge::simulated
