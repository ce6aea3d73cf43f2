#include "drivers/values/transformers.hpp"

namespace gridbridge {
namespace {

double ratio_of(const QuantityRow& row, const TransformerRatios& ratios) {
    if (row.unit == "A") {
        return ratios.current;
    }
    if (row.unit == "V") {
        return ratios.voltage;
    }
    const bool is_electric = row.quantity != Quantity::HeatEnergy;
    const bool is_product =
        row.unit == "W" || row.unit == "VA" || row.unit == "var" || row.unit == "kWh" || row.unit == "kvarh";
    return is_electric && is_product ? ratios.energy() : 1.0;
}

} // namespace

void apply(const TransformerRatios& ratios, Reading& reading) {
    if (ratios == TransformerRatios{}) {
        return;
    }
    for (const QuantityRow& row : quantity_table) {
        if (const auto value = reading.get(row.quantity)) {
            reading.set(row.quantity, *value * ratio_of(row, ratios));
        }
    }
}

} // namespace gridbridge
