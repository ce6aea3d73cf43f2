// EM110, EM111, EM112 and ET112 (codes 100-104, 110, 114, 120, 121): one phase, everything in one read.
// Source: "EM100-ET100 series communication protocol", dbus-cgwacs.
#include "drivers/modbus/models/carlo_gavazzi.hpp"
#include "drivers/modbus/models/carlo_gavazzi_rows.hpp"

namespace gridbridge {
namespace {

using enum Quantity;
using namespace carlo_gavazzi;
using namespace std::chrono_literals;

constexpr auto rows = fast(
    std::array{
        int32(0x0000_reg, VoltageL1),
        int32(0x0002_reg, CurrentL1, 1000),
        int32(0x0004_reg, PowerL1),
        int32(0x0006_reg, ApparentPowerL1),
        int32(0x0008_reg, ReactivePowerL1),
        int32(0x000A_reg, PowerDemand),
        int32(0x000C_reg, PowerDemandMax),
        power_factor(0x000E_reg, PowerFactorL1),
        frequency(0x000F_reg),
        int32(0x0010_reg, EnergyForwardL1),
        int32(0x0012_reg, ReactiveEnergyForward),
        export32(0x0020_reg, EnergyReverseL1),
        export32(0x0022_reg, ReactiveEnergyReverse),
    },
    {0x0000_reg, 0x0023_reg});

// They leave the factory in mode A: power is always positive.
constexpr std::array settings{std::to_array<SettingRow>({
    {0x1103_reg, 1, "measurement mode (0x1103, 1 = B)", 0},
})};

constexpr std::array single_word{0x0302_reg, 0x0303_reg};

constexpr ModelRow model{
    .key = "et112",
    .name = "ET112",
    .product_name = "Carlo Gavazzi ET112 Energy Meter",
    .product_id = 0xB002,
    .rows = rows,
    .map = {0x0000_reg, 0x0023_reg},
    .max_words = 50,
    .serial = 0x5000_reg,
    .firmware = {0x0303_reg, VersionFormat::Decimal},
    .settings = settings,
    .single_word = single_word,
    .phases = 1,
    .refresh_time = 750ms,
};
static_assert(is_sound(model));

} // namespace

constinit const ModelRow em100 = model;

} // namespace gridbridge
