// EM24-DIN AV9, AV2, AV5, AV6 on RS-485 (codes 71-73). Source: "EM24-DIN PFA, PFB & X models communication
// protocol" V4R0. No power factor: its sign means leading or lagging, not export as everywhere else. No
// tariffs: application H has none.
#include "drivers/modbus/models/carlo_gavazzi.hpp"

namespace gridbridge {
namespace {

using enum Quantity;
using enum Encoding;
using enum Pace;
using enum NoValue;
using namespace std::chrono_literals;

constexpr std::array rows{std::to_array<RegisterRow>({
    {0x0000_reg, VoltageL1, Int32LowFirst, 10, Slow, HighWord7Fff},
    {0x0002_reg, VoltageL2, Int32LowFirst, 10, Slow, HighWord7Fff},
    {0x0004_reg, VoltageL3, Int32LowFirst, 10, Slow, HighWord7Fff},
    {0x0006_reg, VoltageL1L2, Int32LowFirst, 10, Slow, HighWord7Fff},
    {0x0008_reg, VoltageL2L3, Int32LowFirst, 10, Slow, HighWord7Fff},
    {0x000A_reg, VoltageL3L1, Int32LowFirst, 10, Slow, HighWord7Fff},
    {0x000C_reg, CurrentL1, Int32LowFirst, 1000, Slow, HighWord7Fff},
    {0x000E_reg, CurrentL2, Int32LowFirst, 1000, Slow, HighWord7Fff},
    {0x0010_reg, CurrentL3, Int32LowFirst, 1000, Slow, HighWord7Fff},
    {0x0012_reg, PowerL1, Int32LowFirst, 10, Fast, HighWord7Fff},
    {0x0014_reg, PowerL2, Int32LowFirst, 10, Fast, HighWord7Fff},
    {0x0016_reg, PowerL3, Int32LowFirst, 10, Fast, HighWord7Fff},
    {0x0018_reg, ApparentPowerL1, Int32LowFirst, 10, Slow, HighWord7Fff},
    {0x001A_reg, ApparentPowerL2, Int32LowFirst, 10, Slow, HighWord7Fff},
    {0x001C_reg, ApparentPowerL3, Int32LowFirst, 10, Slow, HighWord7Fff},
    {0x001E_reg, ReactivePowerL1, Int32LowFirst, 10, Slow, HighWord7Fff},
    {0x0020_reg, ReactivePowerL2, Int32LowFirst, 10, Slow, HighWord7Fff},
    {0x0022_reg, ReactivePowerL3, Int32LowFirst, 10, Slow, HighWord7Fff},
    {0x0024_reg, Voltage, Int32LowFirst, 10, Slow, HighWord7Fff},
    {0x0026_reg, VoltageLineToLine, Int32LowFirst, 10, Slow, HighWord7Fff},
    {0x0028_reg, Power, Int32LowFirst, 10, Fast, HighWord7Fff},
    {0x002A_reg, ApparentPower, Int32LowFirst, 10, Slow, HighWord7Fff},
    {0x002C_reg, ReactivePower, Int32LowFirst, 10, Slow, HighWord7Fff},
    {0x002E_reg, PowerDemand, Int32LowFirst, 10, Slow, HighWord7Fff},
    {0x0036_reg, PhaseSequence, PhaseOrder},
    {0x0037_reg, Frequency, Uint16, 10, Slow, Uint16Max},
    {0x0038_reg, PowerDemandMax, Int32LowFirst, 10, Slow, HighWord7Fff},
    {0x003E_reg, EnergyForward, Int32LowFirst, 10, Slow, HighWord7Fff}, // 0x0042 is a resettable counter
    {0x0040_reg, ReactiveEnergyForward, Int32LowFirst, 10, Slow, HighWord7Fff},
    {0x0046_reg, EnergyForwardL1, Int32LowFirst, 10, Slow, HighWord7Fff},
    {0x0048_reg, EnergyForwardL2, Int32LowFirst, 10, Slow, HighWord7Fff},
    {0x004A_reg, EnergyForwardL3, Int32LowFirst, 10, Slow, HighWord7Fff},
    {0x005C_reg, EnergyReverse, Int32LowFirst, 10, Slow, HighWord7Fff, true, true},
    {0x005E_reg, ReactiveEnergyReverse, Int32LowFirst, 10, Slow, HighWord7Fff, true, true},
})};

// Without application H power is always positive. The system must be 3P.n for a meter that counts phases.
constexpr std::array settings{std::to_array<SettingRow>({
    {0x1101_reg, 7, "application (0x1101, 7 = H)"},
    {0x1102_reg, 0, "measuring system (0x1102, 0 = 3P.n)"},
})};

constexpr std::array single_word{0x0300_reg, 0x0301_reg, 0x0302_reg, 0x0303_reg, 0x0304_reg};

constexpr ModelRow model{
    .key = "em24",
    .product_name = "Carlo Gavazzi EM24 Energy Meter",
    .product_id = 0xB002,
    .rows = rows,
    .map = {0x0000_reg, 0x0067_reg},
    .max_words = 11,
    .serial = 0x1300_reg,
    .firmware = {0x0303_reg, VersionFormat::Decimal},
    .import_only = ImportOnlyMark{0x0302_reg, 64}, // PFA models: version codes 0-10
    .selector = FrontSelector{0x0304_reg, 3, false},
    .settings = settings,
    .single_word = single_word,
    .refresh_time = 600ms,
    .estimate_reverse_per_phase = true,
};
static_assert(is_sound(model));

} // namespace

constinit const ModelRow em24_rtu = model;

} // namespace gridbridge
