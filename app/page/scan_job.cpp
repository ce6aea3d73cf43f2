#include "app/page/scan_job.hpp"

#include "drivers/json/json.hpp"

#include <algorithm>
#include <exception>
#include <utility>

namespace gridbridge {
namespace {

Json found_value(const ScanTarget& target, const FoundUnit& unit) {
    Json json{{"connection", target_text(target)},
              {"line", setting_text(unit.probe.setting)},
              {"unit", unit.probe.unit},
              {"product", unit.model},
              {"serial", unit.serial},
              {"served", unit.served},
              {"remark", unit.remark}};
    if (unit.served) { // else there is nothing to add
        json["uri"] = meter_uri(target, unit.probe);
    }
    return json;
}

// A meter that sends by itself: who it is, its telegrams tell later.
Json stream_value(const TargetReport& report, DriverKind driver) {
    return {{"connection", target_text(report.target)},
            {"product", driver_row(driver).product_name},
            {"serial", ""},
            {"served", true},
            {"remark", ""},
            {"uri", stream_uri(report.evidence, report.target)}};
}

// What was found at a target until now takes the place of what was before.
void take_found(std::vector<TargetReport>& reports, const TargetReport& newest) {
    const std::string place = target_text(newest.target);
    const auto known = std::find_if(reports.begin(), reports.end(), [&](const TargetReport& report) {
        return target_text(report.target) == place;
    });
    (known == reports.end() ? reports.emplace_back() : *known) = newest;
}

} // namespace

std::string scan_json(const ScanState& state) {
    Json found = Json::array();
    Json notes = Json::array();
    for (const TargetReport& report : state.reports) {
        for (const FoundUnit& unit : report.found) {
            found.push_back(found_value(report.target, unit));
        }
        if (const std::optional<DriverKind> stream = stream_of(report.evidence.heard)) {
            found.push_back(stream_value(report, *stream));
            continue; // its hint says no more
        }
        if (!report.error.empty()) {
            notes.push_back(report.error);
        }
        for (const std::string& hint : report.hints) {
            notes.push_back(target_text(report.target) + ": " + hint);
        }
    }
    if (state.was_stopped) {
        notes.push_back("stopped before the end");
    }
    return write_json(Json{{"running", state.is_running},
                           {"progress", state.progress},
                           {"found", std::move(found)},
                           {"notes", std::move(notes)}}) +
           "\n";
}

bool ScanJob::start(ScanRequest request) {
    return thread_.with([&](std::jthread& thread) {
        const bool is_free = state_.with([](ScanState& state) {
            if (state.is_running) {
                return false;
            }
            state = {.is_running = true, .was_stopped = false, .progress = "beginning", .reports = {}};
            return true;
        });
        if (is_free) { // the thread before is at its end
            thread = std::jthread(
                [this, request = std::move(request)](const std::stop_token& stop) { run(request, stop); });
        }
        return is_free;
    });
}

void ScanJob::run(const ScanRequest& request, const std::stop_token& stop) {
    ScanProgress progress(
        [this](const std::string& text) { state_.with([&](ScanState& state) { state.progress = text; }); });
    progress.on_found = [this](const TargetReport& report) {
        state_.with([&](ScanState& state) { take_found(state.reports, report); });
    };
    std::vector<TargetReport> reports;
    std::string problem;
    try {
        reports = scan_(request, stop, progress);
    } catch (const std::exception& error) {
        problem = error.what();
    }
    state_.with([&](ScanState& state) {
        state = {.is_running = false,
                 .was_stopped = stop.stop_requested(),
                 .progress = std::move(problem),
                 .reports = std::move(reports)};
    });
}

void ScanJob::stop() {
    thread_.with([](std::jthread& thread) { thread.request_stop(); });
}

void ScanJob::finish() {
    thread_.with([](std::jthread& thread) { thread = {}; });
}

ScanState ScanJob::state() const {
    return state_.with([](const ScanState& state) { return state; });
}

} // namespace gridbridge
