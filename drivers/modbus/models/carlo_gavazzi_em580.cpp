// EM580, live values (driver em580: its identification code is not published). Source: EVerest
// `CarloGavazzi_EM580`. It has no registers to set up.
#include "drivers/modbus/models/carlo_gavazzi.hpp"
#include "drivers/modbus/models/carlo_gavazzi_rows.hpp"

namespace gridbridge {
namespace {

using namespace carlo_gavazzi;
using namespace std::chrono_literals;

constexpr auto rows =
    fast(join(phase_voltages, line_voltages, phase_currents_and_power, phase_reactive_power, system_power,
              system_reactive_power, phase_sequence, grid_frequency, import_wh, phase_import_and_export_wh),
         {0x000C_reg, 0x0033_reg});

constexpr std::array single_word{0x0302_reg, 0x0303_reg};

constexpr ModelRow model{
    .key = "em580",
    .product_name = "Carlo Gavazzi EM580 Energy Meter",
    .product_id = 0xB002,
    .rows = rows,
    .map = {0x0000_reg, 0x0033_reg},
    .serial = 0x5000_reg,
    .firmware = {0x0302_reg, VersionFormat::Nibbles},
    .single_word = single_word,
    .in_order_word = 1,
    .refresh_time = 100ms,
    .estimate_reverse_per_phase = true,
    .supports_single_phase = true,
};
static_assert(is_sound(model));

} // namespace

constinit const ModelRow em580 = model;

} // namespace gridbridge
