// Settings that are one of a few names.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace gridbridge {

template <typename Value, std::size_t Size>
using Names = std::array<std::pair<std::string_view, Value>, Size>;

template <typename Value, std::size_t Size>
std::string_view name_in(const Names<Value, Size>& names, Value value) {
    for (const auto& [name, named] : names) {
        if (named == value) {
            return name;
        }
    }
    return "?";
}

template <typename Value, std::size_t Size>
std::string list_of(const Names<Value, Size>& names) {
    std::string list;
    for (const auto& [name, value] : names) {
        list += (list.empty() ? "" : ", ") + std::string(name);
    }
    return list;
}

// "a, b or c".
template <typename Value, std::size_t Size>
std::string choice_of(const Names<Value, Size>& names) {
    std::string list = list_of(names);
    const std::size_t last = list.rfind(", ");
    return last == std::string::npos ? list : list.replace(last, 2, " or ");
}

template <typename Value, typename Target, std::size_t Size>
std::string take_name(const Names<Value, Size>& names, std::string_view text, Target& target) {
    for (const auto& [name, value] : names) {
        if (name == text) {
            target = value;
            return {};
        }
    }
    return "must be one of " + list_of(names);
}

} // namespace gridbridge
