#include "app/service/service_history.hpp"

#include "app/history/sqlite_pages.hpp"
#include "app/service/process_memory.hpp"
#include "app/service/wall_clock.hpp"
#include "mqtt/history/history_outlet.hpp"

#include <chrono>

namespace gridbridge {

std::string history_path(const HistoryConfig& config, const std::string& state_dir) {
    if (!config.file.empty() || state_dir.empty()) {
        return config.file;
    }
    return state_dir + "/history.db";
}

ServiceHistory::ServiceHistory(const HistoryConfig& config, const std::string& state_dir, const Log& log) {
    if (!config.enabled) {
        return;
    }
    path_ = history_path(config, state_dir);
    memory_ = std::make_shared<HistoryMemory>();
    if (!path_.empty()) {
        HistoryWriterOptions options;
        options.path = path_;
        options.minute_days = config.minute_days;
        options.quarter_days = config.quarter_days;
        options.wall_clock = unix_milliseconds;
        options.log = log;
        options.after_batch = [] {
            trim_process_memory();
            release_sqlite_pages();
        };
        spare_sqlite_pages();
        writer_ = std::make_unique<HistoryWriter>(memory_, std::move(options));
    }
}

void ServiceHistory::add_outlet(std::vector<OutletRow>& rows) const {
    if (memory_) {
        rows.push_back({"history", [memory = memory_] {
                            return std::make_unique<HistoryOutlet>(memory, unix_milliseconds);
                        }});
    }
}

void ServiceHistory::finish() {
    constexpr std::chrono::milliseconds limit(700);
    if (writer_) {
        memory_->finish_minutes();
        writer_->finish(limit);
        writer_.reset();
    }
}

std::vector<std::string> ServiceHistory::remarks() const {
    const std::string problem = writer_ ? writer_->problem() : std::string();
    return problem.empty() ? std::vector<std::string>() : std::vector{"history not saved yet: " + problem};
}

HistoryReply ServiceHistory::answer(std::string_view query_string) const {
    if (!memory_) {
        constexpr int not_found = 404;
        return {not_found, R"({"error":"the history is switched off: [history] enabled = true keeps one"})"};
    }
    HistoryReply reply =
        history_reply(query_string, {memory_.get(), path_, Clock::now(), unix_milliseconds()});
    release_sqlite_pages();
    return reply;
}

} // namespace gridbridge
