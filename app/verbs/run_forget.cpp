#include "app/config/load_config.hpp"
#include "app/log/make_log.hpp"
#include "app/service/ask_service.hpp"
#include "app/verbs/kept_identities.hpp"
#include "app/verbs/run.hpp"
#include "drivers/text/text.hpp"
#include "mqtt/files/state_file.hpp"
#include "mqtt/files/state_lock.hpp"
#include "mqtt/outlet/forget_payload.hpp"
#include "mqtt/outlet/topics.hpp"
#include "mqtt/settings/forget_devices.hpp"
#include "mqtt/settings/settings_store.hpp"
#include "mqtt/settings/settings_tree.hpp"

#include <exception>
#include <filesystem>
#include <iostream>
#include <optional>
#include <set>

namespace gridbridge {
namespace {

int report(const ForgetAnswer& answer, const std::string& also) {
    switch (answer.result) {
    case ForgetResult::Forgotten:
        std::cout << "forgot " << answer.serial << also << '\n';
        return exit_code::ok;
    case ForgetResult::Present:
        return fail(exit_code::bad_data, answer.serial + " is not forgotten: it is there; switch it off or " +
                                             "take it out of the configuration first");
    case ForgetResult::Unknown:
        break;
    }
    return fail(exit_code::bad_data,
                "no meter with the serial number " + in_quotes(answer.serial) + " is known");
}

// In the file of a service that does not run. It withdraws at its next start what the broker has retained.
ForgetResult forget_in_file(const StateFile& file, const std::string& serial, const Log& log) {
    const auto device_ids = devices_with_serial(load_settings(file.directory(), false, log), serial);
    if (device_ids.empty()) {
        return ForgetResult::Unknown;
    }
    Settings settings = load_settings(file.directory(), true, [](auto&&...) {}); // has been said
    std::set<std::string> to_withdraw = settings.to_withdraw();
    for (const std::string& device_id : device_ids) {
        to_withdraw.insert(serial_of(device_id));
    }
    forget_devices(settings, serial);
    settings.set_to_withdraw(std::move(to_withdraw));
    file.save(settings.to_json());
    return ForgetResult::Forgotten;
}

int ask(const Config& config, const std::string& serial, const std::string& hint, const Log& log) {
    constexpr std::chrono::seconds limit(5);
    const std::string portal_id = kept_identities(config, log).portal_id;
    const std::string topic = forget_topic(portal_id);
    const auto is_answer = [&](const std::string& payload) {
        const auto answer = parse_forget_payload(payload);
        return answer && answer->serial == serial;
    };
    const ServiceAnswer answer =
        ask_service(config, portal_id, {{topic + "/set", serial}, topic, is_answer}, limit);
    if (!answer.payload) {
        return fail(exit_code::unavailable, answer.problem + hint);
    }
    return report(*parse_forget_payload(*answer.payload), "");
}

} // namespace

int run_forget(const Options& options) {
    const std::string serial(options.arguments.size() == 1 ? trim(options.arguments.front())
                                                           : std::string_view());
    if (serial.empty()) {
        std::cerr << "gridbridge: forget needs one serial number: gridbridge forget SERIAL [--config FILE]\n";
        return exit_code::usage;
    }
    const auto config = load_or_complain(options);
    if (!config) {
        return exit_code::configuration;
    }
    const Log log = make_log(LogLevel::Warn, false);
    try {
        const StateFile file(config->state_dir);
        std::error_code ignored;
        const bool is_here = !config->state_dir.empty() && std::filesystem::exists(file.path(), ignored);
        const StateLock lock = is_here ? StateLock(config->state_dir) : StateLock();
        if (lock.is_held()) {
            return report({serial, forget_in_file(file, serial, log)},
                          "; the service takes it at its next start");
        }
        const bool is_locked_by_service = lock.problem().empty() || lock.is_busy();
        return ask(*config, serial, is_locked_by_service ? "" : "; " + lock.problem(), log);
    } catch (const std::exception& error) {
        return fail(exit_code::io, error.what());
    }
}

} // namespace gridbridge
