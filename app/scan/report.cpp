#include "app/scan/report.hpp"

#include <algorithm>
#include <array>

namespace gridbridge {
namespace {

using Row = std::array<std::string, 7>;

Row row_of(const ScanTarget& target, const FoundUnit& unit) {
    const auto text = [](const std::string& value) { return value.empty() ? "-" : value; };
    return {target_text(target),
            setting_text(unit.probe.setting),
            std::to_string(unit.probe.unit),
            text(unit.model),
            unit.code ? std::to_string(*unit.code) : "-",
            text(unit.serial),
            unit.served && unit.remark.empty() ? "ok" : unit.remark};
}

Row stream_row(const ScanTarget& target, DriverKind driver) {
    return {target_text(target), "-", "-", std::string(driver_row(driver).product_name), "-", "-", "ok"};
}

std::string toml_text(const std::string& value) {
    std::string text = "\"";
    for (const char c : value) {
        if (c == '"' || c == '\\') {
            text += '\\';
        }
        text += c;
    }
    return text + '"';
}

} // namespace

std::string scan_table(std::span<const TargetReport> reports) {
    std::vector<Row> rows{{"CONNECTION", "LINE", "UNIT", "MODEL", "CODE", "SERIAL", "REMARK"}};
    for (const TargetReport& report : reports) {
        for (const FoundUnit& unit : report.found) {
            rows.push_back(row_of(report.target, unit));
        }
        if (const std::optional<DriverKind> driver = stream_of(report.evidence.heard)) {
            rows.push_back(stream_row(report.target, *driver));
        }
    }
    if (rows.size() == 1) {
        return {};
    }
    std::array<std::size_t, std::tuple_size_v<Row>> widths{};
    for (const Row& row : rows) {
        for (std::size_t i = 0; i < row.size(); ++i) {
            widths.at(i) = std::max(widths.at(i), row.at(i).size());
        }
    }
    std::string table;
    for (const Row& row : rows) {
        for (std::size_t i = 0; i + 1 < row.size(); ++i) {
            table += row.at(i) + std::string(widths.at(i) - row.at(i).size() + 2, ' ');
        }
        table += row.back() + '\n';
    }
    return table;
}

std::string scan_toml(std::span<const TargetReport> reports) {
    std::string toml;
    for (const TargetReport& report : reports) {
        for (const FoundUnit& unit : report.found) {
            const std::string uri = meter_uri(report.target, unit.probe);
            if (unit.served) {
                toml += "[[meter]]\nuri = " + toml_text(uri) + "\nname = " +
                        toml_text(unit.serial.empty() ? unit.model : unit.model + ' ' + unit.serial) + "\n\n";
            } else {
                toml += "# " + uri + ": " + unit.remark + "\n\n";
            }
        }
        if (const std::string uri = stream_uri(report.evidence, report.target); !uri.empty()) {
            toml += "[[meter]]\nuri = " + toml_text(uri) + "\n\n";
        }
    }
    return toml;
}

std::string scan_notes(std::span<const TargetReport> reports) {
    std::string notes;
    for (const TargetReport& report : reports) {
        if (!report.error.empty()) {
            notes += "error: " + report.error + '\n';
        }
        for (const std::string& hint : report.hints) {
            notes += "hint: " + target_text(report.target) + ": " + hint + '\n';
        }
    }
    return notes;
}

int scan_exit_code(std::span<const TargetReport> reports) {
    int worst = exit_code::unavailable;
    for (const TargetReport& report : reports) {
        const bool has_meter = std::any_of(report.found.begin(), report.found.end(),
                                           [](const FoundUnit& unit) { return unit.served; });
        if (has_meter || !stream_uri(report.evidence, report.target).empty()) {
            return exit_code::ok;
        }
        worst = std::max(worst, report.exit_code); // unavailable, io, permission: in this order
    }
    return worst;
}

} // namespace gridbridge
