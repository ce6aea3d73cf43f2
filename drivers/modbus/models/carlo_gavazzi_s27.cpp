// EM330 and EM340 series 27 (codes 338, 348): values where the EM24 has them, settings where the EM300 has
// them. Source: dbus-cgwacs alone. No phase sequence: it is not known where it is.
#include "drivers/modbus/models/carlo_gavazzi.hpp"
#include "drivers/modbus/models/carlo_gavazzi_rows.hpp"

namespace gridbridge {
namespace {

using enum Quantity;
using namespace carlo_gavazzi;
using namespace std::chrono_literals;

constexpr auto slow_rows = join(phase_voltages, phase_currents_and_power, system_voltage, system_power,
                                std::array{
                                    frequency(0x0037_reg),
                                    int32(0x003E_reg, EnergyForward),
                                    int32(0x0046_reg, EnergyForwardL1),
                                    int32(0x0048_reg, EnergyForwardL2),
                                    int32(0x004A_reg, EnergyForwardL3),
                                    export32(0x005C_reg, EnergyReverse),
                                });
constexpr auto rows = fast(fast(slow_rows, {0x0012_reg, 0x0017_reg}), {0x0028_reg, 0x0029_reg});

// They do not take 1P as a system.
constexpr std::array settings{std::to_array<SettingRow>({
    {0x1103_reg, 1, "measurement mode (0x1103, 1 = B)", 0},
    {0x1002_reg, 0, "measuring system (0x1002, 0 = 3P.n, 2 = 2P)", {}, 0, 2},
})};

constexpr std::array single_word{0x0302_reg, 0x0303_reg};

constexpr ModelRow model{
    .key = "em340_s27",
    .name = "EM340 S27",
    .product_name = "Carlo Gavazzi EM340 Energy Meter",
    .product_id = 0xB002,
    .rows = rows,
    .map = {0x0000_reg, 0x005F_reg},
    .max_words = 11, // not documented; what the EM24 allows
    .serial = 0x5000_reg,
    .firmware = {0x0302_reg, VersionFormat::Decimal},
    .settings = settings,
    .single_word = single_word,
    .estimate_reverse_per_phase = true,
    .totals_are_phase_sums = true,
    .supports_single_phase = true,
    .supports_pv_on_l2 = true,
    .single_phase_power = Quantity::Power,
};
static_assert(is_sound(model));

} // namespace

constinit const ModelRow em300_s27 = model;

} // namespace gridbridge
