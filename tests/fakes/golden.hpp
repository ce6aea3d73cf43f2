// Compares a text with a reviewed file under tests/golden. GRIDBRIDGE_ACCEPT_GOLDEN=1 writes the file
// instead.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

namespace gridbridge {

inline void expect_golden(const std::string& name, const std::string& text) {
    const std::string path = std::string(GRIDBRIDGE_GOLDEN_DIR) + "/" + name;
    if (std::getenv("GRIDBRIDGE_ACCEPT_GOLDEN") != nullptr) {
        std::ofstream(path, std::ios::binary) << text;
    }
    std::ifstream file(path, std::ios::binary);
    std::ostringstream expected;
    expected << file.rdbuf();
    ASSERT_TRUE(file.is_open())
        << path << " is missing: review the text and write it with GRIDBRIDGE_ACCEPT_GOLDEN=1\n"
        << text;
    EXPECT_EQ(text, expected.str()) << "differs from " << path;
}

} // namespace gridbridge
