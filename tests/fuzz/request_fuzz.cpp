// Any bytes as what a user or an MQTT client writes: topics, keepalive options, meter URIs, configuration
// files, settings files. What is within bounds is so for the parser too.
#include "app/config/broker_url.hpp"
#include "app/config/config.hpp"
#include "drivers/meter/meter_config.hpp"
#include "drivers/text/json_bounds.hpp"
#include "mqtt/doctor/load_test_payload.hpp"
#include "mqtt/gx/gx_registration.hpp"
#include "mqtt/outlet/info_payload.hpp"
#include "mqtt/outlet/payload.hpp"
#include "mqtt/outlet/venus_request.hpp"
#include "mqtt/settings/settings.hpp"

#include <nlohmann/json.hpp>

#include <string>
#include <string_view>

namespace {

// What the parser finds, against what is_within() has counted without one.
void check_bounds(const std::string& text) {
    const gridbridge::JsonBounds few{4096, 6, 40};
    if (!gridbridge::is_within(text, few)) {
        return;
    }
    std::size_t values = 0;
    const auto count = [&](int depth, nlohmann::json::parse_event_t event, const nlohmann::json& /*parsed*/) {
        using Event = nlohmann::json::parse_event_t;
        const bool is_value =
            event == Event::value || event == Event::array_start || event == Event::object_start;
        values += is_value ? 1U : 0U;
        if (depth > static_cast<int>(few.depth) || values > few.values) {
            __builtin_trap();
        }
        return true;
    };
    static_cast<void>(nlohmann::json::parse(text, count, false));
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string text(data, data + size);
    check_bounds(text);
    static_cast<void>(gridbridge::service_id_of(text));
    static_cast<void>(gridbridge::parse_load_test_request(text));
    static_cast<void>(gridbridge::parse_load_progress(text));
    static_cast<void>(gridbridge::parse_keepalive(text));
    static_cast<void>(gridbridge::parse_venus_topic(text));
    static_cast<void>(gridbridge::json_text(text));
    if (const auto written = gridbridge::parse_write(text)) {
        for (const auto type :
             {gridbridge::SettingType::Int, gridbridge::SettingType::Float, gridbridge::SettingType::Text}) {
            if (const auto value = gridbridge::convert(*written, type, {-5, 5})) {
                static_cast<void>(gridbridge::setting_payload(*value, {-5, 5}));
            }
        }
    }
    if (const auto services = gridbridge::parse_gx_answer(text)) {
        for (const auto& [label, service] : *services) {
            if (service.topic.find_first_of("+#") != std::string::npos) {
                __builtin_trap();
            }
        }
    }
    static_cast<void>(gridbridge::gx_name(text));
    gridbridge::MeterConfig meter;
    static_cast<void>(gridbridge::parse_meter_uri(text, meter));
    static_cast<void>(gridbridge::check_meter(meter));
    static_cast<void>(gridbridge::parse_broker_url(text));
    if (const auto settings = gridbridge::Settings::from_json(text)) {
        static_cast<void>(settings->to_json());
    }
    gridbridge::Config config;
    gridbridge::Findings findings;
    gridbridge::apply_file(config, text, "fuzz", findings);
    gridbridge::check_config(config, findings);
    static_cast<void>(gridbridge::show_config(config));
    return 0;
}
