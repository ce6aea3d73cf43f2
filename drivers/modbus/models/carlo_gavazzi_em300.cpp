// EM330, EM340, EM341, ET330 and ET340 (codes 331, 332, 335, 336, 341, 345, 346). Source: "EM300-ET300 series
// communication protocol", dbus-cgwacs. The vendor gives the export counters per phase to the ET series only;
// dbus-cgwacs found them on EM meters as well. EM340 and EM341 made since October 2018 tell their year of
// production, and have their totals in Wh at 0x0400: EVerest `CarloGavazzi_EM580`, which quotes revision 2.17
// of the protocol; the EM340 map of mbmap-library names the same registers.
#include "drivers/modbus/models/carlo_gavazzi.hpp"
#include "drivers/modbus/models/carlo_gavazzi_rows.hpp"

namespace gridbridge {
namespace {

using enum Quantity;
using namespace carlo_gavazzi;
using namespace std::chrono_literals;

// Fast is one read of 0x000C-0x0029: current, power and what lies between.
constexpr AddressSpan fast_span{0x000C_reg, 0x0029_reg};
constexpr auto instantaneous = join(three_phase_values, power_factors, phase_sequence, grid_frequency);
constexpr std::array further_export{
    export32(0x0050_reg, ReactiveEnergyReverse),
    export32(0x0060_reg, EnergyReverseL1, true),
    export32(0x0062_reg, EnergyReverseL2, true),
    export32(0x0064_reg, EnergyReverseL3, true),
};
constexpr auto rows = fast(join(instantaneous, import_and_demand, export_total, further_export), fast_span);

constexpr RegisterRow thousandths(RegisterAddress address, Quantity quantity, bool is_export) {
    return {address, quantity, Encoding::ThousandthsLowFirst, 1000, Pace::Slow, NoValue::Int32Max,
            true,    is_export};
}
constexpr auto rows_in_wh = fast(join(instantaneous, demand_and_phase_import, further_export,
                                      std::array{
                                          thousandths(0x0400_reg, EnergyForward, false),
                                          thousandths(0x0408_reg, EnergyReverse, true),
                                      }),
                                 fast_span);
constexpr auto totals_in_tenths = join(import_total, export_total);

// They leave the factory in mode A: power is always positive. They do not take 1P as a system.
constexpr std::array settings{std::to_array<SettingRow>({
    {0x1103_reg, 1, "measurement mode (0x1103, 1 = B)", 0},
    {0x1002_reg, 0, "measuring system (0x1002, 0 = 3P.n, 2 = 2P)", {}, 0, 2},
})};

constexpr std::array single_word{0x0302_reg, 0x0303_reg};

constexpr ModelRow model{
    .key = "et340",
    .name = "ET340",
    .product_name = "Carlo Gavazzi ET340 Energy Meter",
    .product_id = 0xB002,
    .rows = rows,
    .map = {0x0000_reg, 0x0065_reg},
    .max_words = 50,
    .serial = 0x5000_reg,
    .firmware = {0x0302_reg, VersionFormat::Decimal},
    .settings = settings,
    .single_word = single_word,
    .totals_are_phase_sums = true,
    .supports_single_phase = true,
    .supports_pv_on_l2 = true,
};
static_assert(is_sound(model));

constexpr ModelRow with_wh() {
    ModelRow row = model;
    row.rows = rows_in_wh;
    row.fallbacks = totals_in_tenths;
    return row;
}
static_assert(is_sound(with_wh()));

} // namespace

constinit const ModelRow em300 = model;
constinit const ModelRow em340_in_wh = with_wh();

} // namespace gridbridge
