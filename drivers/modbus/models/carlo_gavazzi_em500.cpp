// EM530 and EM540 (codes 1744-1747, 1760-1763). Sources: dbus-cgwacs, carlo-gavazzi-em540-bridge, the
// EM530/EM540 map of mbmap-library. Energies from the Wh counters at 0x0500, frequency from 0x053C: the
// same values as at 0x0034 and 0x0033, 100 times finer.
#include "drivers/modbus/models/carlo_gavazzi.hpp"
#include "drivers/modbus/models/carlo_gavazzi_rows.hpp"

namespace gridbridge {
namespace {

using enum Quantity;
using namespace carlo_gavazzi;
using namespace std::chrono_literals;

constexpr RegisterRow fine_frequency{0x053C_reg,        Frequency, Encoding::Int32LowFirst, 1000, Pace::Slow,
                                     NoValue::Int32Max, true};
constexpr std::array sequence{RegisterRow{0x0032_reg, PhaseSequence, Encoding::PhaseOrder, 1, Pace::Once}};

// Fast is one read of 0x000C-0x0031: the eight words after total power cost less than a request of their own.
constexpr auto rows =
    fast(join(three_phase_values, power_factors, sequence, import_wh,
              std::array{watt_hours(0x0504_reg, ReactiveEnergyForward)}, phase_import_and_export_wh,
              std::array{watt_hours(0x0524_reg, ReactiveEnergyReverse, true), fine_frequency}),
         {0x000C_reg, 0x0031_reg});
constexpr auto fallbacks = join(grid_frequency, energy_fallbacks);

// Mode C nets the phases as a utility meter does; two devices on one meter must not be netted (mode B). With
// 2P the second phase is measured wrongly.
constexpr std::array settings{std::to_array<SettingRow>({
    {0x1103_reg, 2, "measurement mode (0x1103, 2 = C, 1 = B)", 0, 2, 1},
    {0x1002_reg, 0, "measuring system (0x1002, 0 = 3P.n)", {}},
})};

constexpr std::array single_word{0x0302_reg, 0x0303_reg};

constexpr ModelRow model{
    .key = "em540",
    .name = "EM540",
    .product_name = "Carlo Gavazzi EM540 Energy Meter",
    .product_id = 0xB002,
    .rows = rows,
    .fallbacks = fallbacks,
    .map = {0x0000_reg, 0x0033_reg},
    .max_words = 50,
    .serial = 0x5000_reg,
    .firmware = {0x0302_reg, VersionFormat::Nibbles},
    .settings = settings,
    .single_word = single_word,
    .in_order_word = 1,
    .refresh_time = 100ms,
    .estimate_reverse_per_phase = true,
    .supports_single_phase = true,
    .supports_pv_on_l2 = true,
};
static_assert(is_sound(model));

} // namespace

constinit const ModelRow em500 = model;

} // namespace gridbridge
