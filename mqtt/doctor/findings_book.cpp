#include "mqtt/doctor/findings_book.hpp"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <utility>

namespace gridbridge {
namespace {

constexpr std::int64_t most_drift_ms = 1000; // the wall clock was set

void add_sentence(std::string& text, std::string_view sentence) {
    if (!sentence.empty()) {
        text.append(text.empty() || text.ends_with(": ") ? "" : " ").append(sentence);
        text.append(std::string_view(".!?:").find(text.back()) == std::string_view::npos ? "." : "");
    }
}

std::string about(const Finding& finding) {
    return finding.meter.empty() ? std::string() : finding.meter + ": ";
}

} // namespace

bool wants_action(const Finding& finding) {
    return finding.severity != Severity::Info;
}

bool say_the_same(std::span<const Finding> one, std::span<const Finding> other) {
    return std::equal(
        one.begin(), one.end(), other.begin(), other.end(), [](const Finding& a, const Finding& b) {
            return a.code == b.code && a.meter == b.meter && a.severity == b.severity && a.text == b.text;
        });
}

void FindingsBook::take(std::vector<Finding> found, Clock::time_point now,
                        std::optional<std::int64_t> unix_ms) {
    set_wall(now, unix_ms);
    auto before = std::exchange(known_, {});
    for (Finding& finding : found) {
        std::size_t number = 0;
        while (known_.contains({finding.code, finding.meter, number})) {
            ++number;
        }
        const Key key{finding.code, finding.meter, number};
        const auto old = before.find(key);
        Known known = old == before.end() ? Known{finding.since.value_or(now), {}} : std::move(old->second);
        if (old != before.end()) {
            before.erase(old);
        }
        finding.since = known.since;
        log_news(finding, known);
        known_.emplace(key, std::move(known));
    }
    for (const auto& [key, known] : before) {
        if (!known.said.empty()) {
            log_(LogLevel::Info, "doctor", "over: " + known.said);
        }
    }
    findings_ = std::move(found);
    sort_findings(findings_);
}

void FindingsBook::log_news(const Finding& finding, Known& known) const {
    if (wants_action(finding) && known.said.empty()) {
        known.said = about(finding) + finding.text;
        std::string line = about(finding);
        add_sentence(line, finding.text);
        add_sentence(line, finding.action);
        log_(finding.severity == Severity::Error ? LogLevel::Error : LogLevel::Warn, "doctor", line);
    } else if (!wants_action(finding) && !known.said.empty()) {
        log_(LogLevel::Info, "doctor", "over: " + std::exchange(known.said, {}));
    }
}

void FindingsBook::set_wall(Clock::time_point now, std::optional<std::int64_t> unix_ms) {
    const auto passed = std::chrono::duration_cast<std::chrono::milliseconds>(now - wall_.at).count();
    if (!unix_ms || !wall_.unix_ms || std::abs(*wall_.unix_ms + passed - *unix_ms) >= most_drift_ms) {
        wall_ = {now, unix_ms};
    }
}

} // namespace gridbridge
