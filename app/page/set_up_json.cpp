#include "app/page/set_up_json.hpp"

#include "app/page/added_meter.hpp"
#include "drivers/json/json.hpp"

#include <algorithm>

namespace gridbridge {
namespace {

std::string name_of_file(const std::string& path) {
    return path.substr(path.rfind('/') + 1);
}

// Texts as they are written, but `enabled`.
Json added_value(const MeterTable& table, const std::string& file) {
    Json json{{"file", file}, {"enabled", table.meter.enabled}};
    for (const auto& [key, value] : table.values) {
        const MeterKey* const known = find_meter_key(key);
        if (key != "enabled") {
            json[key] = known != nullptr && known->is_secret ? "***" : value;
        }
    }
    return json;
}

// Why this table is not used; empty: it is.
std::string why_unused(const MeterTable& table, const Findings& findings) {
    const auto found =
        std::find_if(findings.warnings.begin(), findings.warnings.end(), [&](const Problem& problem) {
            const Problem would_be = left_out(table.meter, {});
            return problem.where == would_be.where && problem.text.starts_with(would_be.text);
        });
    return found == findings.warnings.end() ? std::string() : found->text;
}

Json configured_value(const Config& config) {
    Json list = Json::array();
    for (const auto* const meters : {&config.meters, &config.disabled_meters}) {
        for (const MeterConfig& meter : *meters) {
            list.push_back({{"uri", meter.uri},
                            {"name", meter.name},
                            {"enabled", meter.enabled},
                            {"where", meter.where}});
        }
    }
    return list;
}

} // namespace

std::string set_up_json(const SetUpView& view) {
    Findings findings;
    static_cast<void>(added_meters(view.main, view.files, findings));
    Json added = Json::array();
    Json problems = Json::array();
    for (const AddedFile& file : view.files) {
        const std::string name = name_of_file(file.path);
        const MeterTables tables = read_meter_tables(file.text, file.path);
        for (const MeterTable& table : tables.tables) {
            Json json = added_value(table, name);
            json["by_hand"] = !is_of_page(tables) || !is_added_file(name);
            if (const std::string problem = why_unused(table, findings); !problem.empty()) {
                json["problem"] = problem;
            }
            added.push_back(std::move(json));
        }
        for (const Problem& problem : tables.problems) {
            problems.push_back({{"file", name}, {"problem", problem.where + ": " + problem.text}});
        }
        if (!file.problem.empty()) {
            problems.push_back({{"file", name}, {"problem", file.path + ": " + file.problem}});
        }
    }
    Json json{{"added", std::move(added)},
              {"problems", std::move(problems)},
              {"configured", configured_value(view.main)},
              {"ports", view.free_ports},
              {"networks", view.networks}};
    if (!view.why_fixed.empty()) {
        json["why_fixed"] = view.why_fixed;
    }
    return write_json(json) + "\n";
}

} // namespace gridbridge
