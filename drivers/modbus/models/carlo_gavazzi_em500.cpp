// EM530 and EM540 (codes 1744-1747, 1760-1763). Sources: dbus-cgwacs, carlo-gavazzi-em540-bridge, the
// EM530/EM540 map of mbmap-library. Energies from the Wh counters at 0x0500, frequency from 0x053C: the
// same values as at 0x0034 and 0x0033, 100 times finer.
#include "drivers/modbus/models/carlo_gavazzi.hpp"

namespace gridbridge {
namespace {

using enum Quantity;
using enum Encoding;
using enum Pace;
using enum NoValue;
using namespace std::chrono_literals;

// Fast is one read of 0x000C-0x0032: the nine words after total power cost less than a request of their own.
constexpr std::array rows{std::to_array<RegisterRow>({
    {0x0000_reg, VoltageL1, Int32LowFirst, 10, Slow, Int32Max},
    {0x0002_reg, VoltageL2, Int32LowFirst, 10, Slow, Int32Max},
    {0x0004_reg, VoltageL3, Int32LowFirst, 10, Slow, Int32Max},
    {0x0006_reg, VoltageL1L2, Int32LowFirst, 10, Slow, Int32Max},
    {0x0008_reg, VoltageL2L3, Int32LowFirst, 10, Slow, Int32Max},
    {0x000A_reg, VoltageL3L1, Int32LowFirst, 10, Slow, Int32Max},
    {0x000C_reg, CurrentL1, Int32LowFirst, 1000, Fast, Int32Max},
    {0x000E_reg, CurrentL2, Int32LowFirst, 1000, Fast, Int32Max},
    {0x0010_reg, CurrentL3, Int32LowFirst, 1000, Fast, Int32Max},
    {0x0012_reg, PowerL1, Int32LowFirst, 10, Fast, Int32Max},
    {0x0014_reg, PowerL2, Int32LowFirst, 10, Fast, Int32Max},
    {0x0016_reg, PowerL3, Int32LowFirst, 10, Fast, Int32Max},
    {0x0018_reg, ApparentPowerL1, Int32LowFirst, 10, Fast, Int32Max},
    {0x001A_reg, ApparentPowerL2, Int32LowFirst, 10, Fast, Int32Max},
    {0x001C_reg, ApparentPowerL3, Int32LowFirst, 10, Fast, Int32Max},
    {0x001E_reg, ReactivePowerL1, Int32LowFirst, 10, Fast, Int32Max},
    {0x0020_reg, ReactivePowerL2, Int32LowFirst, 10, Fast, Int32Max},
    {0x0022_reg, ReactivePowerL3, Int32LowFirst, 10, Fast, Int32Max},
    {0x0024_reg, Voltage, Int32LowFirst, 10, Fast, Int32Max},
    {0x0026_reg, VoltageLineToLine, Int32LowFirst, 10, Fast, Int32Max},
    {0x0028_reg, Power, Int32LowFirst, 10, Fast, Int32Max},
    {0x002A_reg, ApparentPower, Int32LowFirst, 10, Fast, Int32Max},
    {0x002C_reg, ReactivePower, Int32LowFirst, 10, Fast, Int32Max},
    {0x002E_reg, PowerFactorL1, Int16, 1000, Fast, Int16Max}, // negative: export
    {0x002F_reg, PowerFactorL2, Int16, 1000, Fast, Int16Max},
    {0x0030_reg, PowerFactorL3, Int16, 1000, Fast, Int16Max},
    {0x0031_reg, PowerFactor, Int16, 1000, Fast, Int16Max},
    {0x0032_reg, PhaseSequence, PhaseOrder, 1, Fast},
    {0x0500_reg, EnergyForward, Int64LowFirst, 1000},
    {0x0504_reg, ReactiveEnergyForward, Int64LowFirst, 1000},
    {0x0510_reg, EnergyForwardL1, Int64LowFirst, 1000},
    {0x0514_reg, EnergyForwardL2, Int64LowFirst, 1000},
    {0x0518_reg, EnergyForwardL3, Int64LowFirst, 1000},
    {0x051C_reg, EnergyReverse, Int64LowFirst, 1000, Slow, Never, false, true},
    {0x0524_reg, ReactiveEnergyReverse, Int64LowFirst, 1000, Slow, Never, false, true},
    {0x053C_reg, Frequency, Int32LowFirst, 1000, Slow, Int32Max},
})};

// Mode C nets the phases as a utility meter does. With 2P the second phase is measured wrongly.
constexpr std::array settings{std::to_array<SettingRow>({
    {0x1103_reg, 2, "measurement mode (0x1103, 2 = C)"},
    {0x1002_reg, 0, "measuring system (0x1002, 0 = 3P.n)"},
})};

constexpr std::array single_word{0x0302_reg, 0x0303_reg};

constexpr ModelRow model{
    .key = "em540",
    .product_name = "Carlo Gavazzi EM540 Energy Meter",
    .product_id = 0xB002,
    .rows = rows,
    .map = {0x0000_reg, 0x0033_reg},
    .max_words = 50,
    .serial = 0x5000_reg,
    .firmware = {0x0302_reg, VersionFormat::Nibbles},
    .settings = settings,
    .single_word = single_word,
    .in_order_word = 1,
    .refresh_time = 100ms,
    .estimate_reverse_per_phase = true,
};
static_assert(is_sound(model));

} // namespace

constinit const ModelRow em500 = model;

} // namespace gridbridge
