#include "app/doctor/shown_findings.hpp"

#include "drivers/json/json.hpp"
#include "drivers/text/text.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace gridbridge {
namespace {

constexpr std::size_t label_width = 13;

int rank_of(std::string_view severity) {
    for (const Severity known : {Severity::Error, Severity::Warning, Severity::Info}) {
        if (severity == severity_name(known)) {
            return static_cast<int>(known);
        }
    }
    return static_cast<int>(Severity::Info);
}

std::string member(const Json& object, const char* name) {
    const auto found = object.find(name);
    return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

// Breaks between words; further lines begin below the first word.
std::string wrapped(std::string_view label, std::string_view text, std::size_t columns) {
    std::string line(label);
    line.resize(std::max(line.size(), label_width), ' ');
    std::string all;
    for (const std::string_view word : split(text, ' ')) {
        const bool is_first = line.size() == label_width;
        if (!is_first && line.size() + 1 + word.size() > columns) {
            all += line + '\n';
            line.assign(label_width, ' ');
            line += word;
        } else {
            line += (is_first ? "" : " ") + std::string(word);
        }
    }
    return all + line + '\n';
}

std::string finding_text(const ShownFinding& finding, std::size_t columns) {
    std::string text = wrapped(finding.severity, finding.text, columns);
    const std::array<std::pair<std::string_view, std::string_view>, 4> rows{
        {{"  meter", finding.meter},
         {"  since", finding.since},
         {"  evidence", finding.evidence},
         {"  what to do", finding.action}}};
    for (const auto& [label, value] : rows) {
        text += value.empty() ? "" : wrapped(label, value, columns);
    }
    return text;
}

std::string count_text(std::span<const ShownFinding> findings, Severity severity, std::string_view name) {
    const auto count = std::count_if(findings.begin(), findings.end(), [&](const ShownFinding& finding) {
        return rank_of(finding.severity) == static_cast<int>(severity);
    });
    return count == 0 ? "" : std::to_string(count) + " " + std::string(name) + (count == 1 ? "" : "s");
}

} // namespace

std::optional<std::vector<ShownFinding>> read_findings(const std::string& json) {
    const Json list = parse_json(json);
    if (!list.is_array()) {
        return std::nullopt;
    }
    std::vector<ShownFinding> findings;
    for (const Json& entry : list) {
        if (!entry.is_object() || member(entry, "code").empty()) {
            return std::nullopt;
        }
        findings.push_back({member(entry, "code"), member(entry, "severity"), member(entry, "meter"),
                            member(entry, "since"), member(entry, "text"), member(entry, "evidence"),
                            member(entry, "action")});
    }
    return findings;
}

std::string shown_json(std::span<const ShownFinding> findings) {
    OrderedJson list = OrderedJson::array();
    for (const ShownFinding& finding : findings) {
        list.push_back({{"code", finding.code},
                        {"severity", finding.severity},
                        {"meter", finding.meter},
                        {"since", finding.since.empty() ? OrderedJson() : OrderedJson(finding.since)},
                        {"text", finding.text},
                        {"evidence", finding.evidence},
                        {"action", finding.action}});
    }
    return write_json(list);
}

std::vector<ShownFinding> shown(std::span<const Finding> findings) {
    std::vector<ShownFinding> all;
    for (const Finding& finding : findings) {
        all.push_back({std::string(finding_row(finding.code).name),
                       std::string(severity_name(finding.severity)),
                       finding.meter,
                       {},
                       finding.text,
                       finding.evidence,
                       finding.action});
    }
    return all;
}

void merge_findings(std::vector<ShownFinding>& findings, std::vector<ShownFinding> more) {
    for (ShownFinding& finding : more) {
        const bool is_known = std::any_of(findings.begin(), findings.end(), [&](const ShownFinding& known) {
            return known.code == finding.code && known.meter == finding.meter && known.text == finding.text;
        });
        if (!is_known) {
            findings.push_back(std::move(finding));
        }
    }
    std::stable_sort(findings.begin(), findings.end(), [](const auto& one, const auto& other) {
        return rank_of(one.severity) > rank_of(other.severity);
    });
}

std::string findings_text(std::span<const ShownFinding> findings, std::size_t columns) {
    std::string text;
    for (const ShownFinding& finding : findings) {
        text += finding_text(finding, columns) + '\n';
    }
    return text;
}

std::string verdict_text(std::span<const ShownFinding> findings) {
    std::string text;
    for (const std::string& part :
         {count_text(findings, Severity::Error, "error"), count_text(findings, Severity::Warning, "warning"),
          count_text(findings, Severity::Info, "remark")}) {
        text += (text.empty() || part.empty() ? "" : ", ") + part;
    }
    if (!needs_action(findings)) {
        return "nothing wrong was found" + (text.empty() ? "" : ", " + text);
    }
    return text;
}

bool needs_action(std::span<const ShownFinding> findings) {
    return std::any_of(findings.begin(), findings.end(), [](const ShownFinding& finding) {
        return rank_of(finding.severity) > static_cast<int>(Severity::Info);
    });
}

} // namespace gridbridge
