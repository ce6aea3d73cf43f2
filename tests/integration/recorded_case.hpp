// Recordings of meters with expected values, as users send them: replayed by the program, and compared.
#pragma once

#include <nlohmann/json.hpp>

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

namespace gridbridge::testing_support {

inline constexpr const char* case_portal = "case"; // of the topics in a replay

struct RecordedCases {
    std::size_t count = 0;             // cases with a recording
    std::vector<std::string> problems; // none: all is as expected
};

// A case has `name`, `recording`, `serial` (of several meters the one that is meant) and `expect`, by path of
// what is published of the meter:
//     values  {path: value}              the newest one
//     only    {path: [value]}            nothing else is ever published, and one of them is
//     nonull  [path]                     a number first, and then no null
//     reach   {path: [value, seconds]}   at that time after the beginning, at the latest
// A value is a number, a text, null for none, or an array of those that are allowed.

// What is wrong with one, by what a replay of it prints. Pure.
std::vector<std::string> problems_of_case(const nlohmann::json& one, const std::string& replayed);

// Those of an array in `file` that have a recording, beside it.
RecordedCases check_recorded_cases(const std::filesystem::path& file);

} // namespace gridbridge::testing_support
