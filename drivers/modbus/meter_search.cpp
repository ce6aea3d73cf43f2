#include "drivers/modbus/meter_search.hpp"

#include "drivers/meter/driver_table.hpp"
#include "drivers/modbus/sunspec/sunspec_identify.hpp"

namespace gridbridge {

Identity find_meter(UnitLine& line, const MeterConfig& meter, bool is_alone) {
    if (driver_row(meter.driver).has_chain) {
        return identify_sunspec(line, meter);
    }
    try {
        return identify_by_code(line, meter);
    } catch (const Timeout&) {
        if (!is_alone || meter.unit) {
            throw;
        }
    }
    constexpr std::uint8_t other_unit = 2;
    const std::uint8_t first = line.unit();
    line.set_unit(other_unit);
    try {
        return identify_by_code(line, meter);
    } catch (const Timeout& silent) {
        line.set_unit(first);
        throw Timeout(std::string(silent.what()) + " at unit id 1 or 2");
    } catch (...) {
        line.set_unit(first);
        throw;
    }
}

} // namespace gridbridge
