// Any bytes as what a user or an MQTT client writes: topics, keepalive options, meter URIs, configuration
// files, settings files.
#include "app/config.hpp"
#include "drivers/meter_config.hpp"
#include "mqtt/gx_registration.hpp"
#include "mqtt/payload.hpp"
#include "mqtt/settings.hpp"
#include "mqtt/venus_request.hpp"

#include <string>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string text(data, data + size);
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
    static_cast<void>(gridbridge::normal_server(text));
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
