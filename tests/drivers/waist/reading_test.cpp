#include "drivers/waist/reading.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace gridbridge::test {
namespace {

TEST(Reading, WhatNoMeterMeasuresIsAbsentAndCounted) {
    for (const QuantityRow& row : quantity_table) {
        SCOPED_TRACE(row.name);
        Reading reading;
        reading.set(row.quantity, row.largest);
        EXPECT_EQ(reading.get(row.quantity), row.largest);
        reading.set(row.quantity, -row.largest);
        EXPECT_EQ(reading.get(row.quantity), -row.largest);
        EXPECT_EQ(reading.take_implausible(), 0U);
        for (const double beyond :
             {row.largest * 1.001, -row.largest * 1.001, 1e33, -1e300,
              std::numeric_limits<double>::infinity(), std::numeric_limits<double>::quiet_NaN()}) {
            reading.set(row.quantity, 1.0);
            reading.set(row.quantity, beyond);
            EXPECT_FALSE(reading.has(row.quantity)) << beyond;
        }
        EXPECT_EQ(reading.take_implausible(), 6U);
        EXPECT_EQ(reading.take_implausible(), 0U);
    }
}

TEST(Reading, LimitsLeaveRoomForLargeConnections) {
    struct Row {
        std::string_view unit;
        double possible, impossible;
    };
    // 400 MW at 110 kV; digits under a valid checksum.
    for (const Row& row : {Row{"W", 4e8, 2e9}, Row{"A", 6300, 1e6}, Row{"V", 127000, 1e6},
                           Row{"Hz", 65, 5000}, Row{"kWh", 99999999, 2e9}, Row{"m3", 99999999, 2e9}}) {
        for (const QuantityRow& quantity : quantity_table) {
            if (quantity.unit == row.unit) {
                EXPECT_GE(quantity.largest, row.possible) << quantity.name;
                EXPECT_LT(quantity.largest, row.impossible) << quantity.name;
            }
        }
    }
}

} // namespace
} // namespace gridbridge::test
