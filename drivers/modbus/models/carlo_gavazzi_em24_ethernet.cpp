// EM24-DIN E1 on Modbus TCP (codes 1648-1653). The data layout is that of the EM300, not of the EM24.
// Sources: dbus-modbus-client `carlo_gavazzi.py`, mbmd `carlogavazzi-em24_e1.go`.
#include "drivers/modbus/models/carlo_gavazzi.hpp"
#include "drivers/modbus/models/carlo_gavazzi_rows.hpp"

namespace gridbridge {
namespace {

using namespace carlo_gavazzi;
using namespace std::chrono_literals;

// One read of 80 words carries everything, so everything is fast.
constexpr auto rows = fast(
    join(three_phase_values, power_factors, phase_sequence, grid_frequency, import_and_demand, export_total),
    {0x0000_reg, 0x004F_reg});

constexpr std::array settings{std::to_array<SettingRow>({
    {0xA000_reg, 7, "application (0xA000, 7 = H)", {}},
})};

constexpr std::array single_word{0x0302_reg, 0x0304_reg};
constexpr std::array phases_by_config{3, 3, 2, 1, 3}; // 3P.n, 3P.1, 2P, 1P, 3P

constexpr ModelRow model{
    .key = "em24_ethernet",
    .name = "EM24 Ethernet",
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
