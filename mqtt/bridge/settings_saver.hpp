// When the settings are written, to the disk and for the broker to keep.
#pragma once

#include "drivers/waist/log.hpp"
#include "mqtt/files/file_writer.hpp"
#include "mqtt/files/state_file.hpp"
#include "mqtt/outlet/message.hpp"
#include "mqtt/settings/settings.hpp"

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>

namespace gridbridge {

// Publisher thread only. References must outlive the saver and the jobs of `files`.
class SettingsSaver {
  public:
    struct Parts {
        Settings& settings;
        const StateFile& state_file;
        FileWriter& files;
        Log log;
        std::string mirror_topic; // empty: the broker keeps none
    };

    static constexpr std::chrono::seconds delay{2}; // after the first change, as localsettings does

    explicit SettingsSaver(Parts parts) : parts_(std::move(parts)) {}

    // `delay` after a change. Asked in every step.
    bool takes_due(Clock::time_point now);
    // When takes_due() will be true; max(): not without a change.
    Clock::time_point next() const { return save_at_.value_or(Clock::time_point::max()); }
    // Hands them to the writer, which tries until the disk has taken them or newer ones. The size of the
    // text.
    std::size_t save();
    // As the broker is to keep them.
    std::optional<Message> mirror() const;

  private:
    Parts parts_;
    std::optional<Clock::time_point> save_at_;
};

} // namespace gridbridge
