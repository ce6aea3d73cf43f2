// Captured meter data outside the project, with expected values.
#pragma once

#include <nlohmann/json.hpp>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

namespace gridbridge::testing_support {

inline std::filesystem::path corpus() {
    const char* const chosen = std::getenv("GRIDBRIDGE_CORPUS");
    return chosen == nullptr ? GRIDBRIDGE_DEFAULT_CORPUS : chosen;
}

inline nlohmann::json json_file(const std::filesystem::path& path) {
    std::ifstream file(path);
    return nlohmann::json::parse(file, nullptr, false);
}

// Numbers within `tolerance`, everything else exactly.
inline bool same(const nlohmann::json& got, const nlohmann::json& expected, double tolerance) {
    if (got.is_number() && expected.is_number()) {
        return std::abs(got.get<double>() - expected.get<double>()) <= tolerance;
    }
    return got == expected;
}

// Half a step of the rounding that the topics have.
inline double tolerance_of(const std::string& path) {
    const bool coarse = path.ends_with("Power") || path.ends_with("Voltage");
    return coarse ? 0.005001 : 0.0005001;
}

} // namespace gridbridge::testing_support
