// What a SunSpec reading must hold, and what it must not.
#pragma once

#include "tests/drivers/modbus/sunspec/sunspec_device.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace gridbridge {

inline auto about(double value) {
    return testing::Optional(testing::DoubleNear(value, 1e-3));
}

struct Expected {
    Quantity quantity;
    double value;
};

inline void expect(const Reading& reading, const std::vector<Expected>& values) {
    for (const Expected& one : values) {
        EXPECT_THAT(reading.get(one.quantity), about(one.value))
            << quantity_table.at(index_of(one.quantity)).name;
    }
}

inline void expect_absent(const Reading& reading, const std::vector<Quantity>& quantities) {
    for (const Quantity one : quantities) {
        EXPECT_EQ(reading.get(one), std::nullopt) << quantity_table.at(index_of(one)).name;
    }
}

} // namespace gridbridge
