// Every identification code known from the vendor's protocol documents, dbus-cgwacs, dbus-modbus-client and
// EVerest, with the verdict of this bridge.
#include "drivers/modbus/models/carlo_gavazzi.hpp"

#include <algorithm>

namespace gridbridge {
namespace {

constexpr std::string_view old_protocol = "its older protocol has no serial number registers";
constexpr std::string_view split_core = "split-core set with another protocol";
constexpr std::string_view high_word_first = "engineering sample that sends the high word first";
constexpr std::string_view other_map = "its register map is not that of any meter served";
constexpr std::string_view contradictory =
    "sources contradict each other; name the map with model= to use it all the same";
constexpr std::string_view import_only =
    "PFA variant: it measures power as always positive, export cannot be seen";
constexpr std::string_view sums_of_phases =
    "PFB variant: its totals are sums of the phases, not netted over them";

constexpr std::array codes{std::to_array<IdentificationRow>({
    {45, 48, "EM24 (old)", nullptr, old_protocol},
    {57, 58, "EM21", nullptr, other_map},
    {71, 71, "EM24-DIN AV9/AV2", &em24_rtu, {}},
    {72, 72, "EM24-DIN AV5", &em24_rtu, {}},
    {73, 73, "EM24-DIN AV6", &em24_rtu, {}},
    {100, 100, "EM110 AV7", &em100, {}},
    {101, 101, "EM111 AV7", &em100, {}},
    {102, 102, "EM112 AV1", &em100, {}},
    {103, 103, "EM111 AV8", &em100, {}},
    {104, 104, "EM112 AV0", &em100, {}},
    {110, 110, "EM110 AV8", &em100, {}},
    {111, 111, "EM111", nullptr, high_word_first},
    {112, 112, "EM112", nullptr, high_word_first},
    {114, 114, "EM111 AV5", &em100, {}},
    {120, 120, "ET112 AV0", &em100, {}},
    {121, 121, "ET112 AV1", &em100, {}},
    {270, 273, "EM270", nullptr, split_core},
    {280, 283, "EM280", nullptr, split_core},
    {330, 330, "EM330 AV5", nullptr, high_word_first},
    {331, 331, "EM330 AV6", &em300, {}, false, &em300},
    {332, 332, "EM330 AV5", &em300, {}, false, &em300},
    {335, 335, "ET330 AV5", &em300, {}, false, &em300},
    {336, 336, "ET330 AV6", &em300, {}, false, &em300},
    {338, 338, "EM330 series 27", &em300_s27, {}},
    {340, 340, "EM340 AV2", nullptr, high_word_first, false, &em300},
    {341, 341, "EM340 AV2", &em300, {}, false, &em300, &em340_in_wh},
    {345, 345, "ET340 AV2", &em300, {}, false, &em300},
    {346, 346, "EM341 AV2", &em300, {}, false, &em300, &em340_in_wh},
    {348, 348, "EM340 series 27", &em300_s27, {}},
    {355, 355, "EM300 or ET300 (variant unknown)", nullptr, contradictory, false, &em300},
    {1648, 1648, "EM24DINAV23XE1X", &em24_ethernet, {}},
    {1649, 1649, "EM24DINAV23XE1PFA", &em24_ethernet, import_only, true},
    {1650, 1650, "EM24DINAV23XE1PFB", &em24_ethernet, {}},
    {1651, 1651, "EM24DINAV53XE1X", &em24_ethernet, {}},
    {1652, 1652, "EM24DINAV53XE1PFA", &em24_ethernet, import_only, true},
    {1653, 1653, "EM24DINAV53XE1PFB", &em24_ethernet, {}},
    {1744, 1744, "EM530DINAV53XS1X", &em500, {}},
    {1745, 1745, "EM530DINAV53XS1PFA", &em500, import_only, true},
    {1746, 1746, "EM530DINAV53XS1PFB", &em500, sums_of_phases},
    {1747, 1747, "EM530DINAV53XS1PFC", &em500, {}},
    {1760, 1760, "EM540DINAV23XS1X", &em500, {}},
    {1761, 1761, "EM540DINAV23XS1PFA", &em500, import_only, true},
    {1762, 1762, "EM540DINAV23XS1PFB", &em500, sums_of_phases},
    {1763, 1763, "EM540DINAV23XS1PFC", &em500, {}},
    {1956, 1956, "EM530 (unconfirmed)", nullptr, contradictory},
    {2096, 2096, "EM530 (unconfirmed)", nullptr, contradictory},
})};

constexpr bool codes_are_sorted() {
    for (std::size_t i = 0; i < codes.size(); ++i) {
        if (codes[i].first > codes[i].last || (i > 0 && codes[i - 1].last >= codes[i].first)) {
            return false;
        }
    }
    return true;
}
static_assert(codes_are_sorted());

constexpr std::array models{&em24_rtu, &em24_ethernet, &em100, &em300, &em300_s27, &em500, &em580};

} // namespace

std::span<const IdentificationRow> carlo_gavazzi_codes() {
    return codes;
}

const IdentificationRow* find_code(std::uint16_t code) {
    const auto* const found = std::find_if(codes.begin(), codes.end(), [code](const IdentificationRow& row) {
        return row.first <= code && code <= row.last;
    });
    return found == codes.end() ? nullptr : found;
}

std::span<const ModelRow* const> carlo_gavazzi_models() {
    return models;
}

const ModelRow* find_model(std::string_view key) {
    const auto* const found = std::find_if(models.begin(), models.end(),
                                           [key](const ModelRow* model) { return model->key == key; });
    return found == models.end() ? nullptr : *found;
}

std::string refusal_of(std::uint16_t code) {
    const IdentificationRow* row = find_code(code);
    const std::string text = "identification code " + std::to_string(code);
    if (row == nullptr) {
        return text + " is not a known Carlo Gavazzi meter";
    }
    return text + " (" + std::string(row->name) + ") is not supported: " + std::string(row->note);
}

} // namespace gridbridge
