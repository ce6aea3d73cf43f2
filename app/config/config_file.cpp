#include "app/config/config.hpp"

#include "app/config/broker_url.hpp"
#include "drivers/text/number.hpp"
#include "drivers/text/text.hpp"

#include <algorithm>
#include <array>
#include <sstream>

// What its parser takes for granted of a table header is not so for "[[[meter]]]": neither an assertion nor
// something to optimise by.
// clang-format off
#include <toml++/impl/preprocessor.h>
#undef TOML_ASSERT_ASSUME
#define TOML_ASSERT_ASSUME(expression) static_assert(true)
#include <toml++/toml.h>
// clang-format on

namespace gridbridge {
namespace {

// Keys that other programs have in [mqtt].
constexpr std::string_view in_servers = R"(; write servers = ["mqtt://host:port"])";
constexpr std::array<std::pair<std::string_view, std::string_view>, 9> other_mqtt_keys{{
    {"password",
     "; name a file with it in password_file, or write servers = [\"mqtt://user:password@host\"]"},
    {"pass", "; name a file with it in password_file, or write servers = [\"mqtt://user:password@host\"]"},
    {"user", "; write username"},
    {"login", "; write username"},
    {"host", in_servers},
    {"port", in_servers},
    {"broker", in_servers},
    {"address", in_servers},
    {"url", in_servers},
}};

std::string_view advice_on(std::string_view key) {
    const auto* const found = std::find_if(other_mqtt_keys.begin(), other_mqtt_keys.end(),
                                           [&](const auto& row) { return row.first == key; });
    return found == other_mqtt_keys.end() ? std::string_view() : found->second;
}

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

    // Of each table by itself.
    static MeterTables read_tables(const toml::table& root, const std::string& name) {
        MeterTables all;
        for (const auto& [key, node] : root) {
            const auto* const list = key.str() == "meter" ? node.as_array() : nullptr;
            if (list == nullptr || !list->is_array_of_tables()) {
                all.problems.push_back({name + ":" + std::to_string(key.source().begin.line),
                                        in_quotes(key.str()) + " is not read here: a file of added meters "
                                                               "has [[meter]] tables only"});
                continue;
            }
            for (const toml::node& entry : *list) {
                all.tables.push_back(read_table(*entry.as_table(), name));
            }
        }
        return all;
    }

  private:
    static MeterTable read_table(const toml::table& table, const std::string& name) {
        MeterTable read;
        Config config;
        FileReader(config, name, read.findings).read_meter(table);
        for (auto* const meters : {&config.meters, &config.disabled_meters}) {
            if (!meters->empty()) {
                read.meter = std::move(meters->front());
            }
        }
        read.meter.where = name + ":" + std::to_string(table.source().begin.line);
        for (const auto& [key, value] : table) {
            read.values.emplace_back(key.str(), scalar_text(value).value_or(std::string()));
        }
        return read;
    }

    std::string place(const toml::source_region& at) const {
        return name_ + ":" + std::to_string(at.begin.line);
    }

    void error(const toml::source_region& at, std::string text) {
        findings_.errors.push_back({place(at), std::move(text)});
    }

    // Of a meter whose URI is wrong nothing is known that could be warned of.
    void warn_if_known(const toml::source_region& at, std::string text) {
        if (is_known_meter_ && !text.empty()) {
            findings_.warnings.push_back({place(at), std::move(text)});
        }
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
            error(at.source(), in_quotes(section) + " must be a section: [" + std::string(section) + "]");
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
        const std::string_view advice = section == "mqtt" ? advice_on(name) : std::string_view();
        error(at.source(), "unknown key " + in_quotes(name) + place +
                               (advice.empty() ? did_you_mean(name, names) : std::string(advice)));
    }

    template <typename Apply>
    void apply(std::string_view name, const toml::key& at, const toml::node& node, Apply&& take) {
        const auto text = scalar_text(node);
        if (!text) {
            error(at.source(), in_quotes(name) + " must be a single value or a list of texts");
        } else if (const std::string problem = take(*text); !problem.empty()) {
            error(at.source(), in_quotes(name) + ": " + in_quotes(without_password(*text)) + " " + problem);
        }
    }

    void apply(const MeterKey& key, const toml::key& at, const toml::node& node, MeterConfig& meter) {
        const auto text = scalar_text(node);
        if (!text) {
            error(at.source(), in_quotes(key.name) + " must be a single value or a list of texts");
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
        auto problems = parse_meter_uri(*text, meter);
        is_known_meter_ = problems.empty();
        for (std::string& problem : problems) {
            error(uri->source(), std::move(problem));
        }
        for (std::string& problem : unused_in_query(*text, meter)) {
            warn_if_known(uri->source(), std::move(problem));
        }
        for (const auto& [key, value] : table) {
            if (key.str() != "uri") {
                read_meter_key(meter, key, value);
            }
        }
        for (std::string& problem : check_meter(meter)) {
            error(table.source(), std::move(problem));
        }
        forget_unused(meter);
        meter.where = place(table.source());
        add_meter(config_, std::move(meter));
    }

    void read_meter_key(MeterConfig& meter, const toml::key& at, const toml::node& node) {
        if (const MeterKey* const key = find_meter_key(at.str())) {
            apply(*key, at, node, meter);
            warn_if_known(at.source(), unused_text(*key, meter));
            return;
        }
        std::vector<std::string_view> names{"uri"};
        for (const MeterKey& known : meter_keys()) {
            names.push_back(known.name);
        }
        error(at.source(),
              "unknown key " + in_quotes(at.str()) + " in [[meter]]" + did_you_mean(at.str(), names));
    }

    Config& config_;
    const std::string& name_;
    Findings& findings_;
    bool is_known_meter_ = false; // the one being read
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

MeterTables read_meter_tables(std::string_view text, const std::string& name) {
    try {
        return FileReader::read_tables(toml::parse(text, name), name);
    } catch (const toml::parse_error& error) {
        return {{},
                {{name + ":" + std::to_string(error.source().begin.line), std::string(error.description())}}};
    }
}

} // namespace gridbridge
