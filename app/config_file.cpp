#include "app/config.hpp"

#include "drivers/text.hpp"

#include <sstream>
#include <toml++/toml.h>

namespace gridbridge {
namespace {

class FileReader {
  public:
    FileReader(Config& config, const std::string& name, Findings& findings)
        : config_(config), name_(name), findings_(findings) {}

    void read(const toml::table& root) {
        for (const auto& [key, node] : root) {
            const std::string_view name = key.str();
            if (name == "meter") {
                read_meters(node);
            } else if (is_section(name)) {
                read_section(name, key, node);
            } else {
                read_key("", name, key, node);
            }
        }
    }

  private:
    void error(const toml::source_region& at, std::string text) {
        findings_.errors.push_back({name_ + ":" + std::to_string(at.begin.line), std::move(text)});
    }

    static bool is_section(std::string_view name) {
        for (const ConfigKey& key : config_keys()) {
            if (!key.section.empty() && key.section == name) {
                return true;
            }
        }
        return false;
    }

    void read_section(std::string_view section, const toml::key& at, const toml::node& node) {
        const auto* const table = node.as_table();
        if (table == nullptr) {
            error(at.source(), quoted(section) + " must be a section: [" + std::string(section) + "]");
            return;
        }
        for (const auto& [key, value] : *table) {
            read_key(section, key.str(), key, value);
        }
    }

    void read_key(std::string_view section, std::string_view name, const toml::key& at,
                  const toml::node& node) {
        std::vector<std::string_view> names;
        for (const ConfigKey& key : config_keys()) {
            if (key.section == section && key.name == name) {
                apply(name, at, node, [&](std::string_view text) { return key.apply(config_, text); });
                return;
            }
            if (key.section == section) {
                names.push_back(key.name);
            } else if (section.empty() && (names.empty() || names.back() != key.section)) {
                names.push_back(key.section);
            }
        }
        if (section.empty()) {
            names.emplace_back("meter");
        }
        const std::string place = section.empty() ? std::string() : " in [" + std::string(section) + "]";
        error(at.source(), "unknown key " + quoted(name) + place + did_you_mean(name, names));
    }

    template <typename Apply>
    void apply(std::string_view name, const toml::key& at, const toml::node& node, Apply&& take) {
        const auto text = scalar_text(node);
        if (!text) {
            error(at.source(), quoted(name) + " must be a single value or a list of texts");
        } else if (const std::string problem = take(*text); !problem.empty()) {
            error(at.source(), quoted(name) + ": " + quoted(*text) + " " + problem);
        }
    }

    void apply(const MeterKey& key, const toml::key& at, const toml::node& node, MeterConfig& meter) {
        const auto text = scalar_text(node);
        if (!text) {
            error(at.source(), quoted(key.name) + " must be a single value or a list of texts");
        } else if (const std::string problem = key.apply(meter, *text); !problem.empty()) {
            error(at.source(), problem_with(key, *text, problem));
        }
    }

    static std::optional<std::string> scalar_text(const toml::node& node) {
        if (const auto* const list = node.as_array()) {
            std::string text;
            for (const toml::node& entry : *list) {
                const auto part = entry.value_exact<std::string>();
                if (!part) {
                    return std::nullopt;
                }
                text += (text.empty() ? "" : ",") + *part;
            }
            return text;
        }
        if (const auto text = node.value_exact<std::string>()) {
            return *text;
        }
        if (const auto flag = node.value_exact<bool>()) {
            return *flag ? "true" : "false";
        }
        if (const auto number = node.value_exact<std::int64_t>()) {
            return std::to_string(*number);
        }
        if (const auto number = node.value_exact<double>()) {
            return number_text(*number);
        }
        return std::nullopt;
    }

    void read_meters(const toml::node& node) {
        const auto* const list = node.as_array();
        if (list == nullptr) {
            error(node.source(), "meters are written as [[meter]], with two brackets");
            return;
        }
        for (const toml::node& entry : *list) {
            if (const auto* const table = entry.as_table()) {
                read_meter(*table);
            } else {
                error(entry.source(), "each meter is a table: [[meter]]");
            }
        }
    }

    void read_meter(const toml::table& table) {
        MeterConfig meter;
        const auto* const uri = table.get("uri");
        const auto text = uri == nullptr ? std::nullopt : uri->value_exact<std::string>();
        if (!text) {
            error(table.source(), R"([[meter]] needs uri = "<driver>+<transport>://<where>")");
            return;
        }
        for (std::string& problem : parse_meter_uri(*text, meter)) {
            error(uri->source(), std::move(problem));
        }
        for (const auto& [key, value] : table) {
            if (key.str() != "uri") {
                read_meter_key(meter, key, value);
            }
        }
        for (std::string& problem : check_meter(meter)) {
            error(table.source(), std::move(problem));
        }
        config_.meters.push_back(std::move(meter));
    }

    void read_meter_key(MeterConfig& meter, const toml::key& at, const toml::node& node) {
        if (const MeterKey* const key = find_meter_key(at.str())) {
            apply(*key, at, node, meter);
            return;
        }
        std::vector<std::string_view> names{"uri"};
        for (const MeterKey& known : meter_keys()) {
            names.push_back(known.name);
        }
        error(at.source(),
              "unknown key " + quoted(at.str()) + " in [[meter]]" + did_you_mean(at.str(), names));
    }

    Config& config_;
    const std::string& name_;
    Findings& findings_;
};

} // namespace

void apply_file(Config& config, std::string_view text, const std::string& name, Findings& findings) {
    try {
        FileReader(config, name, findings).read(toml::parse(text, name));
    } catch (const toml::parse_error& error) {
        findings.errors.push_back(
            {name + ":" + std::to_string(error.source().begin.line), std::string(error.description())});
    }
}

} // namespace gridbridge
