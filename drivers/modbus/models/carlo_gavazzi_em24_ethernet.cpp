// EM24-DIN E1 on Modbus TCP (codes 1648-1653). The data layout is that of the EM300, not of the EM24.
// Sources: dbus-modbus-client `carlo_gavazzi.py`, mbmd `carlogavazzi-em24_e1.go`.
#include "drivers/modbus/models/carlo_gavazzi.hpp"

namespace gridbridge {
namespace {

using enum Quantity;
using enum Encoding;
using enum Pace;
using enum NoValue;
using namespace std::chrono_literals;

// One read of 80 words carries everything, so everything is fast.
constexpr std::array rows{std::to_array<RegisterRow>({
    {0x0000_reg, VoltageL1, Int32LowFirst, 10, Fast, Int32Max},
    {0x0002_reg, VoltageL2, Int32LowFirst, 10, Fast, Int32Max},
    {0x0004_reg, VoltageL3, Int32LowFirst, 10, Fast, Int32Max},
    {0x0006_reg, VoltageL1L2, Int32LowFirst, 10, Fast, Int32Max},
    {0x0008_reg, VoltageL2L3, Int32LowFirst, 10, Fast, Int32Max},
    {0x000A_reg, VoltageL3L1, Int32LowFirst, 10, Fast, Int32Max},
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
    {0x002E_reg, PowerFactorL1, Int16, 1000, Fast, Int16Max},
    {0x002F_reg, PowerFactorL2, Int16, 1000, Fast, Int16Max},
    {0x0030_reg, PowerFactorL3, Int16, 1000, Fast, Int16Max},
    {0x0031_reg, PowerFactor, Int16, 1000, Fast, Int16Max},
    {0x0032_reg, PhaseSequence, PhaseOrder, 1, Fast},
    {0x0033_reg, Frequency, Uint16, 10, Fast, Uint16Max},
    {0x0034_reg, EnergyForward, Int32LowFirst, 10, Fast, Int32Max},
    {0x0036_reg, ReactiveEnergyForward, Int32LowFirst, 10, Fast, Int32Max},
    {0x0038_reg, PowerDemand, Int32LowFirst, 10, Fast, Int32Max},
    {0x003A_reg, PowerDemandMax, Int32LowFirst, 10, Fast, Int32Max},
    {0x0040_reg, EnergyForwardL1, Int32LowFirst, 10, Fast, Int32Max},
    {0x0042_reg, EnergyForwardL2, Int32LowFirst, 10, Fast, Int32Max},
    {0x0044_reg, EnergyForwardL3, Int32LowFirst, 10, Fast, Int32Max},
    {0x004E_reg, EnergyReverse, Int32LowFirst, 10, Fast, Int32Max, false, true},
})};

constexpr std::array settings{std::to_array<SettingRow>({
    {0xA000_reg, 7, "application (0xA000, 7 = H)"},
})};

constexpr std::array single_word{0x0302_reg, 0x0304_reg};
constexpr std::array phases_by_config{3, 3, 2, 1, 3}; // 3P.n, 3P.1, 2P, 1P, 3P

constexpr ModelRow model{
    .key = "em24_ethernet",
    .product_name = "Carlo Gavazzi EM24 Ethernet Energy Meter",
    .product_id = 0xB017,
    .rows = rows,
    .map = {0x0000_reg, 0x004F_reg},
    .max_words = 80,
    .serial = 0x5000_reg,
    .firmware = {0x0304_reg, VersionFormat::Nibbles},
    .hardware = VersionRegister{0x0302_reg, VersionFormat::Nibbles},
    .selector = FrontSelector{0xA100_reg, std::nullopt, true},
    .settings = settings,
    .single_word = single_word,
    .phase_config = 0x1002_reg,
    .phases_by_config = phases_by_config,
    .min_timeout = 500ms, // shorter ones lock up the meter's network stack until a power cycle
    .estimate_reverse_per_phase = true,
};
static_assert(is_sound(model));

} // namespace

constinit const ModelRow em24_ethernet = model;

} // namespace gridbridge
