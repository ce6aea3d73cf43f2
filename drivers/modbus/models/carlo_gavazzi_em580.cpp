// EM580 (driver em580: its identification code is not published). Source: EVerest `CarloGavazzi_EM580`. It
// has no registers to set up. Transactions: ocmf_registers.hpp.
#include "drivers/modbus/models/carlo_gavazzi.hpp"
#include "drivers/modbus/models/carlo_gavazzi_rows.hpp"

namespace gridbridge {
namespace {

using namespace carlo_gavazzi;
using namespace std::chrono_literals;

constexpr std::array temperature{
    RegisterRow{0x0307_reg, Quantity::Temperature, Encoding::Int16, 10, Pace::Slow, NoValue::Int16Max, true}};

constexpr auto rows = fast(join(phase_voltages, line_voltages, phase_currents_and_power, phase_reactive_power,
                                system_power, system_reactive_power, phase_sequence, grid_frequency,
                                temperature, import_wh, phase_import_and_export_wh),
                           {0x000C_reg, 0x0033_reg});

constexpr std::array single_word{0x0302_reg, 0x0303_reg};

constexpr std::array<std::string_view, 3> signatures{"ECDSA-brainpoolP256r1-SHA256",
                                                     "ECDSA-brainpoolP384r1-SHA256", "none"};
constexpr std::array texts{std::to_array<TextRegister>({
    {"CommunicationFirmwareVersion", {0x0303_reg, VersionFormat::Nibbles}, {}},
    {"ProductionYear", {0x5007_reg, VersionFormat::Decimal}, {}},
    {"SignatureType", {0x24FF_reg, VersionFormat::Decimal}, signatures},
})};

constexpr AlarmRegister alarms{0x5012_reg,
                               {"V1N above range", "V2N above range", "V3N above range", "V12 above range",
                                "V23 above range", "V31 above range", "I1 above range", "I2 above range",
                                "I3 above range", "frequency out of range", "", "", "EVCS module fault",
                                "measure module fault", "", ""}};

constexpr ModelRow model{
    .key = "em580",
    .name = "EM580",
    .product_name = "Carlo Gavazzi EM580 Energy Meter",
    .product_id = 0xB002,
    .rows = rows,
    .fallbacks = energy_fallbacks,
    .map = {0x0000_reg, 0x0033_reg},
    .serial = 0x5000_reg,
    .firmware = {0x0302_reg, VersionFormat::Nibbles},
    .texts = texts,
    .alarms = alarms,
    .reads_input = true,
    .may_sign = true,
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
