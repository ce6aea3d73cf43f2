#include "app/config/load_config.hpp"
#include "app/history/history_answer.hpp"
#include "app/history/history_file.hpp"
#include "app/service/service_history.hpp"
#include "app/service/wall_clock.hpp"
#include "app/verbs/history_time.hpp"
#include "app/verbs/run.hpp"
#include "drivers/text/text.hpp"

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <limits>
#include <optional>

namespace gridbridge {
namespace {

constexpr std::int64_t second_of_ms = 1000;
constexpr std::int64_t one_day = 86400;

int usage_of_history(const std::string& text) {
    std::cerr << "gridbridge: history: " << text
              << ": gridbridge history --meter SERIAL [--from TIME] [--to TIME] [--csv|--json]\n";
    return exit_code::usage;
}

// What is asked; a text is what is wrong with it.
std::string take_question(const Options& options, std::int64_t now, HistoryQuery& query) {
    if (!options.arguments.empty()) {
        return "knows no " + in_quotes(options.arguments.front());
    }
    if (options.csv && options.json) {
        return "takes --csv or --json, not both";
    }
    if (options.meters.size() > 1) {
        return "takes one --meter";
    }
    if (std::string problem = take_name(resolution_names, options.resolution, query.resolution);
        !problem.empty()) {
        return "--resolution " + problem;
    }
    if (query.resolution == Resolution::Recent) {
        return "--resolution recent is in the memory of the service: ask its web page";
    }
    const auto from = parse_history_time(options.from, now, false);
    const auto to = options.to.empty() ? std::optional(now + 1) : parse_history_time(options.to, now, true);
    if (!options.from.empty() && !from) {
        return "--from " + std::string(history_time_forms);
    }
    if (!to) {
        return "--to " + std::string(history_time_forms);
    }
    query.to = *to;
    query.from = options.from.empty() ? std::max<std::int64_t>(*to - one_day, 0) : *from;
    query.points = std::numeric_limits<std::uint32_t>::max(); // all of them
    return query.from < query.to ? "" : "--from must be before --to";
}

// The one that is asked for, or the only one.
std::string choose_meter(const Options& options, const std::vector<std::string>& serials,
                         std::string& problem) {
    std::string names;
    for (const std::string& serial : serials) {
        names += (names.empty() ? "" : ", ") + serial;
    }
    std::string wanted = options.meters.empty() ? std::string() : options.meters.front();
    if (wanted.empty() && serials.size() == 1) {
        return serials.front();
    }
    if (wanted.empty()) {
        problem = "there are several meters, choose one with --meter: " + names;
    } else if (std::find(serials.begin(), serials.end(), wanted) == serials.end()) {
        problem = "nothing is kept of a meter " + in_quotes(wanted) + "; there are: " + names;
    }
    return wanted;
}

int print_history(const std::string& path, const Options& options, HistoryQuery query) {
    std::error_code ignored;
    if (!std::filesystem::exists(path, ignored)) {
        return fail(exit_code::unavailable,
                    path + ": there is no history: the service writes the first of it within minutes, with "
                           "[history] enabled and a state_dir that it may write");
    }
    std::string problem;
    std::vector<std::string> serials;
    {
        HistoryFile file(path, HistoryFile::Use::Read);
        serials = file.serials();
    }
    if (serials.empty()) {
        return fail(exit_code::unavailable, path + ": nothing is kept yet: no meter has had a reading");
    }
    query.serial = choose_meter(options, serials, problem);
    if (!problem.empty()) {
        return fail(exit_code::usage, problem);
    }
    const HistoryTable table = history_table(query, {nullptr, path, Clock::now(), unix_milliseconds()});
    if (options.json) {
        std::cout << history_json(query, table) << '\n';
    } else {
        std::cout << history_csv(table, local_time_text);
    }
    std::cout << std::flush;
    return std::cout ? exit_code::ok : exit_code::io;
}

} // namespace

int run_history(const Options& options) {
    HistoryQuery query;
    if (const std::string problem = take_question(options, unix_milliseconds() / second_of_ms, query);
        !problem.empty()) {
        return usage_of_history(problem);
    }
    Options without_meter = options; // a serial number here, not a URI
    without_meter.meters.clear();
    std::string path = options.file;
    if (path.empty()) {
        const Loaded loaded = load_config(without_meter);
        if (options.config_file && !std::filesystem::exists(*options.config_file)) {
            return fail(exit_code::configuration, *options.config_file + ": there is no such file");
        }
        path = history_path(loaded.config.history, loaded.config.state_dir);
    }
    if (path.empty()) {
        return fail(exit_code::configuration,
                    "no state_dir is set, and [history] file neither: name a --file");
    }
    try {
        return print_history(path, options, query);
    } catch (const HistoryFileError& error) {
        return fail(exit_code::io, error.what());
    }
}

} // namespace gridbridge
