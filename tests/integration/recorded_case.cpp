#include "tests/integration/recorded_case.hpp"

#include "tests/integration/corpus.hpp"
#include "tests/integration/process.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <sstream>
#include <utility>

namespace gridbridge::testing_support {
namespace {

using Json = nlohmann::json;
using Problems = std::vector<std::string>;

struct Published {
    double at; // s after the beginning
    Json value;
};
using History = std::map<std::string, std::vector<Published>>; // by path
using Meters = std::map<std::string, History>;                 // by "grid/30"

// As the cases are written: one decimal of what is shown.
bool is_as(const Json& expected, const Json& got) {
    if (expected.is_array()) {
        return std::any_of(expected.begin(), expected.end(),
                           [&](const Json& allowed) { return is_as(allowed, got); });
    }
    const double size = expected.is_number() ? std::abs(expected.get<double>()) : 0;
    return same(got, expected, std::max(0.06, 1e-6 * size));
}

// A line of a replay: "0.123456 N/case/grid/30/Ac/Power {"value":1}". Withdrawn is as unknown.
void take_line(const std::string& line, Meters& meters) {
    std::istringstream words(line);
    double at = 0;
    std::string topic, payload;
    words >> at >> topic;
    std::getline(words >> std::ws, payload);
    const std::string above = "N/" + std::string(case_portal) + "/";
    const auto instance = topic.find('/', above.size());
    const auto path = instance == std::string::npos ? instance : topic.find('/', instance + 1);
    if (!topic.starts_with(above) || path == std::string::npos) {
        return;
    }
    const std::string meter = topic.substr(above.size(), path - above.size());
    const bool is_meter =
        !meter.starts_with("system/") && !meter.starts_with("settings/") && !meter.starts_with("platform/");
    if (is_meter) {
        const Json json = Json::parse(payload, nullptr, false);
        meters[meter][topic.substr(path + 1)].push_back({at, json.is_object() ? json["value"] : Json()});
    }
}

// Of a path in order; none of one that is not there.
const std::vector<Published>& of(const History& history, const std::string& path) {
    static const std::vector<Published> none;
    const auto found = history.find(path);
    return found == history.end() ? none : found->second;
}

bool has_value(const std::vector<Published>& all) {
    return std::any_of(all.begin(), all.end(), [](const Published& one) { return !one.value.is_null(); });
}

const History* meter_of(const Meters& meters, const Json& serial, Problems& problems) {
    const auto is_it = [&](const auto& meter) {
        const auto said = meter.second.find("Serial");
        return serial.is_null() || (said != meter.second.end() &&
                                    std::any_of(said->second.begin(), said->second.end(),
                                                [&](const Published& one) { return one.value == serial; }));
    };
    const auto count = std::count_if(meters.begin(), meters.end(), is_it);
    if (count != 1) {
        problems.push_back(std::to_string(count) + " meters" +
                           (serial.is_null() ? ": `serial` tells which is meant" : " are " + serial.dump()));
        return nullptr;
    }
    return &std::find_if(meters.begin(), meters.end(), is_it)->second;
}

void check_values(const Json& expected, const History& history, Problems& problems) {
    for (const auto& [path, value] : expected.items()) {
        const auto& all = of(history, path);
        const Json newest = all.empty() ? Json() : all.back().value;
        if (!is_as(value, newest)) {
            problems.push_back(path + " is " + newest.dump() + ", not " + value.dump());
        }
    }
}

void check_only(const Json& expected, const History& history, Problems& problems) {
    for (const auto& [path, values] : expected.items()) {
        const auto& all = of(history, path);
        for (const Published& one : all) {
            if (!one.value.is_null() && !is_as(values, one.value)) {
                problems.push_back(path + " is " + one.value.dump() + " at " + std::to_string(one.at) + " s");
            }
        }
        if (!has_value(all)) {
            problems.push_back(path + " never has a value");
        }
    }
}

void check_nonull(const Json& expected, const History& history, Problems& problems) {
    for (const std::string path : expected) {
        const auto& all = of(history, path);
        const auto first =
            std::find_if(all.begin(), all.end(), [](const Published& one) { return !one.value.is_null(); });
        const auto null =
            std::find_if(first, all.end(), [](const Published& one) { return one.value.is_null(); });
        if (first == all.end()) {
            problems.push_back(path + " never has a value");
        } else if (null != all.end()) {
            problems.push_back(path + " is null at " + std::to_string(null->at) + " s");
        }
    }
}

void check_reach(const Json& expected, const History& history, Problems& problems) {
    for (const auto& [path, limit] : expected.items()) {
        const auto& all = of(history, path);
        const bool is_reached = std::any_of(all.begin(), all.end(), [&wanted = limit](const Published& one) {
            return is_as(wanted[0], one.value) && one.at <= wanted[1].get<double>();
        });
        if (!is_reached) {
            problems.push_back(path + " does not reach " + limit[0].dump() + " within " + limit[1].dump() +
                               " s");
        }
    }
}

Problems problems_of(const Json& one, const std::filesystem::path& folder) {
    const auto recording = folder / one["recording"].get<std::string>();
    const Result replayed = gridbridge({"replay", recording.string(), "--portal-id", case_portal});
    return replayed.exit_code == 0 ? problems_of_case(one, replayed.output)
                                   : Problems{"replay: " + replayed.errors};
}

} // namespace

Problems problems_of_case(const Json& one, const std::string& replayed) {
    using Check = void (*)(const Json&, const History&, Problems&);
    static const std::map<std::string, Check> checks{
        {"values", check_values}, {"only", check_only}, {"nonull", check_nonull}, {"reach", check_reach}};
    Meters meters;
    std::istringstream lines(replayed);
    for (std::string line; std::getline(lines, line);) {
        take_line(line, meters);
    }
    Problems problems;
    const Json expect = one.value("expect", Json::object());
    if (expect.empty()) {
        problems.emplace_back("nothing is expected");
    }
    if (const History* const history = meter_of(meters, one.value("serial", Json()), problems)) {
        for (const auto& [what, expected] : expect.items()) {
            const auto check = checks.find(what);
            if (check == checks.end()) {
                problems.push_back("`" + what + "` cannot be asked of a recording");
            } else {
                check->second(expected, *history, problems);
            }
        }
    }
    return problems;
}

RecordedCases check_recorded_cases(const std::filesystem::path& file) {
    RecordedCases cases;
    const Json list = json_file(file);
    if (!list.is_array()) {
        return cases;
    }
    for (const Json& one : list) {
        if (!one.is_object() || !one.contains("recording")) {
            continue;
        }
        ++cases.count;
        for (const std::string& problem : problems_of(one, file.parent_path())) {
            cases.problems.push_back(one.value("name", "no name") + ": " + problem);
        }
    }
    return cases;
}

} // namespace gridbridge::testing_support
