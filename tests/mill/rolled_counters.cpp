#include "tests/mill/rolled_counters.hpp"

#include "tests/mill/truth.hpp"

#include <array>
#include <cmath>
#include <string_view>

namespace gridbridge::mill {
namespace {

// Where a meter on a bus counts what is imported; of the phases a share each, as its image has it.
struct ImportedAt {
    std::string_view kind;
    std::uint16_t address;
    unsigned words;
    double steps; // per kWh
    double share;
};
constexpr double most_of_it = 2.0 / 3, rest_of_it = 1.0 / 3;
constexpr std::array imported_at{ImportedAt{"em24", 0x3E, 2, 10, 1},
                                 ImportedAt{"em24", 0x46, 2, 10, most_of_it},
                                 ImportedAt{"em24", 0x48, 2, 10, rest_of_it},
                                 ImportedAt{"em340_s27", 0x3E, 2, 10, 1},
                                 ImportedAt{"em340_s27", 0x46, 2, 10, most_of_it},
                                 ImportedAt{"em340_s27", 0x48, 2, 10, rest_of_it},
                                 ImportedAt{"et112", 0x10, 2, 10, 1},
                                 ImportedAt{"et340", 0x34, 2, 10, 1},
                                 ImportedAt{"et340", 0x40, 2, 10, most_of_it},
                                 ImportedAt{"et340", 0x42, 2, 10, rest_of_it},
                                 ImportedAt{"em540", 0x34, 2, 10, 1},
                                 ImportedAt{"em540", 0x40, 2, 10, most_of_it},
                                 ImportedAt{"em540", 0x42, 2, 10, rest_of_it},
                                 ImportedAt{"em540", 0x500, 4, 1000, 1},
                                 ImportedAt{"em540", 0x510, 4, 1000, most_of_it},
                                 ImportedAt{"em540", 0x514, 4, 1000, rest_of_it}};

} // namespace

void put_rolled(ModbusImage& image, const PlannedMeter& meter, double seconds) {
    constexpr unsigned word = 16;
    if (meter.rolls_at <= 0) {
        return;
    }
    const double imported = values_of(meter, seconds).energy_in;
    for (const ImportedAt& place : imported_at) {
        if (place.kind != meter.kind->name) {
            continue;
        }
        const auto raw = static_cast<std::uint64_t>(std::llround(imported * place.share * place.steps));
        for (unsigned i = 0; i < place.words; ++i) {
            image.registers[static_cast<std::uint16_t>(place.address + i)] =
                static_cast<std::uint16_t>(raw >> (word * i));
        }
    }
}

} // namespace gridbridge::mill
