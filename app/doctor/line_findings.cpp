#include "app/doctor/port_facts.hpp"

#include "drivers/text/text.hpp"

#include <algorithm>
#include <cctype>

namespace gridbridge {
namespace {

constexpr std::uint64_t stray = 3; // bytes; opening a port makes some

std::string capitalised(std::string text) {
    if (!text.empty()) {
        text.front() = static_cast<char>(std::toupper(static_cast<unsigned char>(text.front())));
    }
    return text;
}

std::string counted(std::uint64_t count, std::string_view what) {
    return std::to_string(count) + " " + std::string(what) + (count == 1 ? "" : "s");
}

std::string units_text(const std::vector<int>& units) {
    std::string text;
    for (const int unit : units) {
        text += (text.empty() ? "unit " : " or ") + std::to_string(unit);
    }
    return text;
}

bool has(const std::vector<int>& units, int unit) {
    return std::find(units.begin(), units.end(), unit) != units.end();
}

std::string_view parity_key(Parity parity) {
    return parity == Parity::None ? "none" : parity == Parity::Even ? "even" : "odd";
}

std::string requests_text(const LineEvidence& evidence) {
    std::string text = counted(static_cast<std::uint64_t>(evidence.asked), "request");
    text += ", no answer, " + counted(evidence.unasked_bytes, "byte") + " received";
    for (const LineSetting& setting : evidence.garbled) {
        text += "; unreadable at " + setting_text(setting);
    }
    return text + (evidence.echo ? "; each request came back as it was sent" : "");
}

std::string found_text(const FoundUnit& found) {
    return (found.model.empty() ? std::string("a device") : found.model) +
           (found.serial.empty() ? "" : " " + found.serial) + " answers at " +
           setting_text(found.probe.setting) + ", unit " + std::to_string(found.probe.unit);
}

Finding other_setting(const FoundUnit& found, const LineSetting& configured, const std::string& meter) {
    Finding finding = make_finding(FindingCode::PortSettings, meter,
                                   "The line is set to " + setting_text(found.probe.setting) + ", not to " +
                                       setting_text(configured),
                                   found_text(found));
    finding.action = "Set baud = " + std::to_string(found.probe.setting.baud) + " and parity = \"" +
                     std::string(parity_key(found.probe.setting.parity)) + "\" of this meter.";
    return finding;
}

Finding other_unit(const FoundUnit& found, const std::vector<int>& expected, const std::string& meter) {
    Finding finding = make_finding(FindingCode::WrongUnit, meter,
                                   "Nothing answers at " + units_text(expected) + ", but unit " +
                                       std::to_string(found.probe.unit) + " does",
                                   found_text(found));
    finding.action = "Set unit = " + std::to_string(found.probe.unit) +
                     " of this meter, or set that address on its display.";
    return finding;
}

// Who answers on the line is not the meter that is configured.
Finding not_this_one(const PortFacts& facts, const LineFacts& line, const MeterConfig& meter) {
    const LineSetting configured = expected_setting(meter);
    const std::vector<int> expected = expected_units(meter);
    for (const FoundUnit& found : line.found) {
        if (found.probe.setting != configured && has(expected, found.probe.unit)) {
            return other_setting(found, configured, meter.uri);
        }
    }
    for (const FoundUnit& found : line.found) {
        if (has(facts.other_units, found.probe.unit)) {
            continue;
        }
        return found.probe.setting == configured ? other_unit(found, expected, meter.uri)
                                                 : other_setting(found, configured, meter.uri);
    }
    return make_finding(FindingCode::MeterUnreachable, meter.uri,
                        "The meter does not answer at " + units_text(expected) + ", others on its line do",
                        found_text(line.found.front()));
}

FindingCode meaning_of(const LineEvidence& evidence) {
    if (stream_of(evidence.heard)) {
        return FindingCode::PortSettings;
    }
    if (evidence.heard != Heard::Nothing) {
        return FindingCode::BusShared;
    }
    if (evidence.echo) {
        return FindingCode::MeterUnreachable;
    }
    return evidence.garbled.empty() && evidence.unasked_bytes > stray ? FindingCode::BusShared
                                                                      : FindingCode::PortSettings;
}

Finding nobody(const LineFacts& line, const std::string& meter) {
    const LineEvidence& evidence = line.evidence;
    Finding finding = make_finding(meaning_of(evidence), meter,
                                   line.hints.empty() ? "Nothing answers" : capitalised(line.hints.front()),
                                   requests_text(evidence));
    if (evidence.heard != Heard::Nothing) {
        finding.evidence = "heard while nothing was sent";
    }
    if (stream_of(evidence.heard)) {
        finding.action = "Use the driver it names in uri.";
    }
    return finding;
}

std::vector<Finding> bus_findings(const PortFacts& facts, const LineFacts& line, const MeterConfig& meter) {
    std::vector<Finding> findings;
    if (line.evidence.echo) {
        findings.push_back(make_finding(FindingCode::AdapterEcho, meter.uri,
                                        facts.path + " sends back what it is sent",
                                        "each request came back as it was sent"));
    }
    const std::vector<int> expected = expected_units(meter);
    const bool is_there = std::any_of(line.found.begin(), line.found.end(), [&](const FoundUnit& found) {
        return found.probe.setting == expected_setting(meter) && has(expected, found.probe.unit);
    });
    if (is_there) {
        return findings;
    }
    if (!line.found.empty()) {
        findings.push_back(not_this_one(facts, line, meter));
    } else if (line.evidence.asked > 0 || line.evidence.heard != Heard::Nothing) {
        findings.push_back(nobody(line, meter.uri));
    } else if (!line.error.empty()) {
        findings.push_back(
            make_finding(FindingCode::MeterUnreachable, meter.uri, line.error, "the line was not asked"));
    }
    return findings;
}

std::vector<Finding> stream_findings(const PortFacts& facts, const LineFacts& line,
                                     const MeterConfig& meter) {
    const std::string evidence = counted(line.received, "byte") + " in " +
                                 counted(static_cast<std::uint64_t>(line.listened.count()), "second") +
                                 " at " + to_text(line_settings(meter));
    if (line.received <= stray) {
        const std::string text =
            line.error.empty() ? "Not one telegram arrives at " + facts.path : line.error;
        return {make_finding(FindingCode::MeterUnreachable, meter.uri, text, evidence)};
    }
    if (!line.recognised.empty()) {
        Finding finding =
            make_finding(FindingCode::PortSettings, meter.uri, capitalised(line.recognised), evidence);
        finding.action = "See the text.";
        return {finding};
    }
    return {};
}

} // namespace

std::vector<int> expected_units(const MeterConfig& meter) {
    return meter.unit ? std::vector{*meter.unit} : std::vector{1, 2}; // where a meter alone is looked for
}

LineSetting expected_setting(const MeterConfig& meter) {
    const LineSettings line = line_settings(meter);
    return {Transport::Rtu, line.baud, line.parity};
}

std::vector<Finding> line_findings(const PortFacts& facts, const LineFacts& line, const MeterConfig& meter) {
    return is_stream(meter.driver) ? stream_findings(facts, line, meter) : bus_findings(facts, line, meter);
}

} // namespace gridbridge
