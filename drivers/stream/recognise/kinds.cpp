#include "drivers/stream/recognise/kinds.hpp"

namespace gridbridge {

std::string finding_text(const StreamFinding& finding, DriverKind driver, std::string_view tried) {
    if (finding.kind == StreamKind::Nothing) {
        return {};
    }
    const StreamKindRow& row = stream_kind_row(finding.kind);
    std::string text = "bytes arrive, but no good telegram";
    if (row.guessed && !tried.empty()) {
        text += " at " + std::string(tried);
    }
    text += ": " + std::string(row.what);
    text += row.counted ? " (" + std::to_string(finding.count) + " so far)" : "";
    text += finding.sample.empty() ? "" : " (" + finding.sample + ")";
    text += row.what_to_do.empty() ? "" : "; " + std::string(row.what_to_do);
    if (row.reader && *row.reader != driver) {
        text += "; the driver for them is " + std::string(driver_row(*row.reader).name) + ", not " +
                std::string(driver_row(driver).name);
    }
    return text;
}

} // namespace gridbridge
