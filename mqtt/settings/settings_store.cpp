#include "mqtt/settings/settings_store.hpp"

#include "mqtt/files/state_file.hpp"

#include <exception>
#include <string>
#include <utility>

namespace gridbridge {
namespace {

Settings last_good(const StateFile& file, bool keep, const Log& log) {
    const std::string aside = keep ? file.set_aside() : file.path();
    const auto text = file.load_last_good();
    auto settings = text ? Settings::from_json(*text) : std::nullopt;
    log(LogLevel::Warn, "state",
        file.path() + " is not a settings file: starting with " +
            (settings ? "the last good copy" : "defaults") + "; it is kept as " + aside);
    if (!settings) {
        return {};
    }
    settings->forget_ended(); // others came after it
    settings->must_be_saved();
    return std::move(*settings);
}

// More is counted and told from now on. On disk before that: at the next start what was kept must not be
// taken for the end of this run.
void begin_run(const StateFile& file, Settings& settings, const Log& log) {
    try {
        file.save(settings.to_json());
        settings.must_be_saved(); // once more: a slow disk may still be at the last save of the run before
    } catch (const std::exception& error) {
        settings.forget_ended();
        log(LogLevel::Warn, "state",
            std::string(error.what()) +
                "; energy that is counted here is told when it exceeds what was told before");
    }
}

} // namespace

Settings load_settings(const std::string& state_dir, bool keep, const Log& log) {
    const StateFile file(state_dir);
    const auto text = file.load();
    if (!text) {
        return {};
    }
    auto settings = Settings::from_json(*text);
    if (!settings) {
        return last_good(file, keep, log);
    }
    const std::string version = std::to_string(settings->read_version());
    if (settings->read_version() > Settings::file_version && keep) {
        log(LogLevel::Warn, "state",
            file.path() + " was written by a newer program (version " + version +
                "): what is unknown here is kept, and a " + "copy as " + file.keep_copy("v" + version));
    } else if (settings->read_version() < Settings::file_version) {
        log(LogLevel::Info, "state",
            file.path() + " was written by an older program (version " + version + "): converted");
    }
    if (settings->read_version() != Settings::file_version) {
        settings->must_be_saved();
    }
    if (keep && settings->has_ended()) {
        begin_run(file, *settings, log);
    }
    return std::move(*settings);
}

} // namespace gridbridge
