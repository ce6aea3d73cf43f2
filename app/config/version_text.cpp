#include "app/config/version_text.hpp"

#include "app/version.hpp"
#include "drivers/meter/driver_table.hpp"

#include <span>
#include <string>
#include <string_view>

namespace gridbridge {
namespace {

std::string names_of(const auto& rows) {
    std::string text;
    for (const auto& row : rows) {
        text += (text.empty() ? "" : ", ") + std::string(row.name);
    }
    return text;
}

} // namespace

std::string version_text(bool verbose, std::span<const Verb> verbs) {
    std::string line = "gridbridge " + std::string(version::number) + " commit " +
                       std::string(version::commit) + " " + std::string(version::build_type) + "\n";
    if (!verbose) {
        return line;
    }
    return line + "machine: " + std::string(version::machine) + ", " + std::string(version::compiler) +
           "\nlibraries: " + std::string(version::libraries) + "\ndrivers: " + names_of(driver_table) +
           "\ncommands: " + names_of(verbs) + "\n";
}

} // namespace gridbridge
