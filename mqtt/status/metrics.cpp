#include "mqtt/status/metrics.hpp"

#include "drivers/text/number.hpp"
#include "drivers/text/text.hpp"
#include "mqtt/outlet/payload.hpp"
#include "mqtt/status/metrics_table.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <map>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace gridbridge {
namespace {

double seconds(Clock::duration duration) {
    return std::chrono::duration<double>(duration).count();
}

// A meter and its labels, `serial="...",role="..."`.
struct Labelled {
    const Meter* meter;
    std::string labels;
};

// Series must differ: of two meters that call themselves the same the first is shown.
std::vector<Labelled> labelled(const Snapshot& view) {
    std::vector<Labelled> meters;
    std::set<std::string> known;
    for (const Meter& meter : view.meters) {
        const bool has_serial = !meter.info.serial.empty() && !meter.is_refused;
        const std::string serial =
            has_serial ? meter.info.serial : "#" + std::to_string(meter.source.meter + 1);
        const std::string& role = meter.role.empty() ? meter.config.role : meter.role;
        std::string labels = "serial=\"" + label_text(serial) + "\",role=\"" + label_text(role) + "\"";
        if (known.insert(labels).second) {
            meters.push_back({&meter, std::move(labels)});
        }
    }
    return meters;
}

class Page {
  public:
    Page() { text_.reserve(first_size); }

    void family(std::string_view name, std::string_view type, std::string_view help) {
        name_ = name;
        text_.append("# HELP ").append(name_).append(" ").append(help).append("\n# TYPE ");
        text_.append(name_).append(" ").append(type).append("\n");
    }
    // `more` are labels behind these, with their comma.
    void sample(std::string_view labels, std::string_view value, std::string_view more = {},
                std::string_view suffix = {}) {
        text_.append(name_).append(suffix);
        if (!labels.empty()) {
            text_.append("{").append(labels).append(more).append("}");
        }
        text_.append(" ").append(value).append("\n");
    }
    void count(std::string_view labels, std::uint64_t value, std::string_view more = {},
               std::string_view suffix = {}) {
        sample(labels, std::to_string(value), more, suffix);
    }
    std::string take() { return std::move(text_); }

  private:
    // Pages of its own from the start: what grows among small things leaves holes.
    static constexpr std::size_t first_size = std::size_t{64} * 1024;

    std::string name_;
    std::string text_;
};

std::string more_label(std::string_view name, std::string_view value) {
    return "," + std::string(name) + "=\"" + std::string(value) + "\"";
}

// Of one family, a meter after the other; its head only when somebody has a value.
void add_family(Page& page, const std::vector<Labelled>& meters, std::span<const MetricRow> rows) {
    const MetricFamily& family = *rows.front().family;
    std::vector<std::string> more;
    for (const MetricRow& row : rows) {
        more.push_back(row.label.empty() ? std::string() : more_label(row.label, row.value));
    }
    bool named = false;
    for (const auto& [meter, labels] : meters) {
        for (std::size_t i = 0; i < rows.size(); ++i) {
            const auto value = meter->reading.get(rows[i].quantity);
            if (!value) {
                continue;
            }
            if (!std::exchange(named, true)) {
                page.family("gridbridge_meter_" + std::string(family.name),
                            family.name.ends_with("_total") ? "counter" : "gauge", family.help);
            }
            page.sample(labels, rounded_text(*value * family.factor, family.decimals), more[i]);
        }
    }
}

void add_values(Page& page, const std::vector<Labelled>& meters) {
    const std::span<const MetricRow> table(metrics_table);
    for (std::size_t first = 0; first < table.size();) {
        std::size_t end = first;
        while (end < table.size() && table[end].family == table[first].family) {
            ++end;
        }
        add_family(page, meters, table.subspan(first, end - first));
        first = end;
    }
}

void add_errors(Page& page, const std::vector<Labelled>& meters) {
    page.family("gridbridge_meter_errors_total", "counter",
                "What went wrong between the meter and this service, by kind");
    std::map<std::pair<std::string_view, std::string_view>, std::string> kinds; // most meters have the same
    for (const auto& [meter, labels] : meters) {
        const MeterCounters& counters = meter->counters;
        const auto kind = [&, &series = labels](std::string_view name, std::uint64_t count,
                                                std::string_view before = {}) {
            std::string& more = kinds[{before, name}];
            if (more.empty()) {
                more = more_label("kind", std::string(before) + label_text(name));
            }
            page.count(series, count, more);
        };
        kind("timeout", counters.timeouts);
        kind("exception", counters.exceptions);
        kind("reconnect", counters.reconnects);
        kind("implausible value", counters.implausible);
        kind("foreign frame", counters.foreign_frames);
        std::uint64_t explained = 0;
        for (const RejectedCount& row : counters.rejected_by) {
            if (!row.reason.empty()) {
                kind(row.reason, row.count, "rejected: ");
                explained += row.count;
            }
        }
        kind("rejected", counters.rejected - std::min(explained, counters.rejected));
    }
}

void add_histogram(Page& page, const std::vector<Labelled>& meters, std::string_view name,
                   std::string_view help, const LatencyHistogram& (*of)(const Meter&)) {
    std::array<std::string, LatencyHistogram::limits.size()> limits;
    std::transform(LatencyHistogram::limits.begin(), LatencyHistogram::limits.end(), limits.begin(),
                   [](auto limit) { return more_label("le", number_text(seconds(limit))); });
    bool named = false;
    for (const auto& [meter, labels] : meters) {
        const LatencyHistogram& histogram = of(*meter);
        if (histogram.count() == 0) {
            continue;
        }
        if (!std::exchange(named, true)) {
            page.family(name, "histogram", help);
        }
        std::uint64_t below = 0;
        for (std::size_t i = 0; i < limits.size(); ++i) {
            below += histogram.within(i);
            page.count(labels, below, limits.at(i), "_bucket");
        }
        page.count(labels, histogram.count(), R"(,le="+Inf")", "_bucket");
        page.sample(labels, rounded_text(seconds(histogram.sum()), 6), {}, "_sum");
        page.count(labels, histogram.count(), {}, "_count");
    }
}

void add_meters(Page& page, const std::vector<Labelled>& meters, Clock::time_point now) {
    page.family("gridbridge_meter_up", "gauge", "1 while the meter gives fresh readings");
    for (const auto& [meter, labels] : meters) {
        page.sample(labels, meter->life == MeterLife::Live ? "1" : "0");
    }
    page.family("gridbridge_meter_reading_age_seconds", "gauge", "Age of the newest good reading");
    for (const auto& [meter, labels] : meters) {
        if (meter->last_good != Clock::time_point{}) {
            page.sample(labels, rounded_text(seconds(now - meter->last_good), 3));
        }
    }
    page.family("gridbridge_meter_readings_total", "counter", "Readings or telegrams accepted");
    for (const auto& [meter, labels] : meters) {
        page.count(labels, meter->counters.good);
    }
    add_errors(page, meters);
    add_histogram(page, meters, "gridbridge_meter_poll_seconds", "Round trip of a request to the meter",
                  [](const Meter& meter) -> const LatencyHistogram& { return meter.counters.round_trips; });
    add_histogram(page, meters, "gridbridge_meter_publish_latency_seconds",
                  "From the last byte of a reading until it was handed to the MQTT client",
                  [](const Meter& meter) -> const LatencyHistogram& { return meter.publish_latencies; });
}

void add_findings(Page& page, const std::vector<Finding>& findings) {
    if (findings.empty()) {
        return;
    }
    page.family("gridbridge_finding", "gauge",
                "1 for each thing found wrong or worth knowing, by code, severity and meter");
    std::set<std::string> known; // of two with one code about one meter one is shown
    for (const Finding& finding : findings) {
        const FindingRow& row = finding_row(finding.code);
        const std::string labels = "code=\"" + std::string(row.name) + "\",severity=\"" +
                                   std::string(severity_name(finding.severity)) + "\",meter=\"" +
                                   label_text(finding.meter) + "\"";
        if (known.insert(labels).second) {
            page.sample(labels, "1");
        }
    }
}

void add_sinks(Page& page, const std::vector<SinkHealth>& sinks) {
    struct SinkFamily {
        std::string_view name;
        std::string_view type;
        std::string_view help;
        std::uint64_t (*of)(const SinkHealth& sink);
    };
    static constexpr std::array<SinkFamily, 6> families{{
        {"connected", "gauge", "1 while the sink takes points",
         [](const SinkHealth& sink) { return std::uint64_t{sink.connected ? 1U : 0U}; }},
        {"queued", "gauge", "Points the sink does not have yet",
         [](const SinkHealth& sink) { return sink.queued; }},
        {"queue_bytes", "gauge", "Size of its queue",
         [](const SinkHealth& sink) { return sink.queued_bytes; }},
        {"sent_total", "counter", "Points the sink has taken",
         [](const SinkHealth& sink) { return sink.sent; }},
        {"dropped_total", "counter", "Points lost before the sink had them",
         [](const SinkHealth& sink) { return sink.dropped; }},
        {"refused_total", "counter", "Points the sink did not want",
         [](const SinkHealth& sink) { return sink.refused; }},
    }};
    for (const SinkFamily& family : families) {
        if (!sinks.empty()) {
            page.family("gridbridge_sink_" + std::string(family.name), family.type, family.help);
        }
        for (const SinkHealth& sink : sinks) {
            page.count("sink=\"" + label_text(sink.name) + "\"", family.of(sink));
        }
    }
}

} // namespace

// JSON escapes `"` and `\\` in the same way and replaces what is no UTF-8; of control characters the format
// knows the line feed only.
std::string label_text(std::string_view text) {
    std::string result;
    for (const std::string_view line : split(text, '\n')) {
        std::string printable(line);
        std::replace_if(
            printable.begin(), printable.end(), [](unsigned char c) { return c < ' '; }, ' ');
        const std::string quoted_line = json_text(printable);
        result += (result.empty() && line.data() == text.data() ? "" : "\\n") +
                  quoted_line.substr(1, quoted_line.size() - 2);
    }
    return result;
}

std::string metrics_text(const Snapshot* view, Clock::time_point now) {
    Page page;
    page.family("gridbridge_up", "gauge", "1 while the publisher answers");
    page.sample({}, view != nullptr ? "1" : "0");
    if (view == nullptr) {
        return page.take();
    }
    page.family("gridbridge_build_info", "gauge", "Version and commit of this program");
    page.sample("version=\"" + label_text(view->version) + "\",commit=\"" + label_text(view->commit) + "\"",
                "1");
    page.family("gridbridge_healthy", "gauge", "1 while the broker is connected and every meter is fresh");
    page.sample({}, health_problems(*view, now).empty() ? "1" : "0");
    page.family("gridbridge_uptime_seconds", "gauge", "Time since the service started");
    page.sample({}, rounded_text(seconds(now - view->started), 0));
    page.family("gridbridge_mqtt_connected", "gauge", "1 while the broker is connected");
    page.sample({}, view->broker.connected ? "1" : "0");
    page.family("gridbridge_mqtt_reconnects_total", "counter", "Connections to the broker after the first");
    page.count({}, view->broker.reconnects);
    page.family("gridbridge_mqtt_dropped_total", "counter", "Messages the MQTT client did not take");
    page.count({}, view->broker.dropped);
    add_sinks(page, view->sinks);
    const auto meters = labelled(*view);
    add_meters(page, meters, now);
    add_values(page, meters);
    add_findings(page, view->findings);
    return page.take();
}

} // namespace gridbridge
