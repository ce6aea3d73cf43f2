// EM24-DIN AV9, AV2, AV5, AV6 on RS-485 (codes 71-73). Source: "EM24-DIN PFA, PFB & X models communication
// protocol" V4R0. No power factor: its sign means leading or lagging, not export as everywhere else. No
// tariffs: application H has none.
#include "drivers/modbus/models/carlo_gavazzi.hpp"
#include "drivers/modbus/models/carlo_gavazzi_rows.hpp"

namespace gridbridge {
namespace {

using enum Quantity;
using namespace carlo_gavazzi;
using namespace std::chrono_literals;

// 0x0042 is a resettable counter.
constexpr auto slow_rows =
    join(three_phase_values, std::array{
                                 int32(0x002E_reg, PowerDemand),
                                 RegisterRow{0x0036_reg, PhaseSequence, Encoding::PhaseOrder, 1, Pace::Once},
                                 frequency(0x0037_reg),
                                 int32(0x0038_reg, PowerDemandMax),
                                 int32(0x003E_reg, EnergyForward),
                                 int32(0x0040_reg, ReactiveEnergyForward),
                                 int32(0x0046_reg, EnergyForwardL1),
                                 int32(0x0048_reg, EnergyForwardL2),
                                 int32(0x004A_reg, EnergyForwardL3),
                                 export32(0x005C_reg, EnergyReverse, true),
                                 export32(0x005E_reg, ReactiveEnergyReverse, true),
                             });
// Power of the phases, then the total: a pair of short reads.
constexpr auto rows =
    marked(fast(fast(slow_rows, {0x0012_reg, 0x0017_reg}), {0x0028_reg, 0x0029_reg}), NoValue::HighWord7Fff);

// Without application H power is always positive. The system must be 3P.n for a meter that counts phases.
constexpr std::array settings{std::to_array<SettingRow>({
    {0x1101_reg, 7, "application (0x1101, 7 = H)", {}},
    {0x1102_reg, 0, "measuring system (0x1102, 0 = 3P.n, 3 = 1P)", {}, 3, 0},
})};

constexpr std::array single_word{0x0300_reg, 0x0301_reg, 0x0302_reg, 0x0303_reg, 0x0304_reg};

constexpr ModelRow model{
    .key = "em24",
    .name = "EM24",
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
    .supports_single_phase = true,
    .supports_pv_on_l2 = true,
};
static_assert(is_sound(model));

} // namespace

constinit const ModelRow em24_rtu = model;

} // namespace gridbridge
