#include "mqtt/bridge/settings_saver.hpp"

#include <cstdint>
#include <utility>

namespace gridbridge {

bool SettingsSaver::takes_due(Clock::time_point now) {
    if (parts_.settings.changed() && !save_at_) {
        save_at_ = now + delay;
    }
    if (!save_at_ || now < *save_at_) {
        return false;
    }
    save_at_.reset();
    return true;
}

std::size_t SettingsSaver::save() {
    std::string text = parts_.settings.to_json();
    const std::size_t size = text.size();
    const auto job = [file = parts_.state_file, text = std::move(text)] {
        file.save(text);
        return std::string();
    };
    const std::uint64_t number = parts_.settings.saved();
    parts_.files.put(parts_.state_file.path(), job, [this, number](const FileResult& result) {
        if (result.error.empty()) {
            parts_.settings.set_on_disk(number);
        } else {
            parts_.log(LogLevel::Error, "state", result.error + "; trying again until it is saved");
        }
    });
    return size;
}

std::optional<Message> SettingsSaver::mirror() const {
    if (parts_.mirror_topic.empty()) {
        return std::nullopt;
    }
    return Message{parts_.mirror_topic, parts_.settings.to_json(true), true};
}

} // namespace gridbridge
