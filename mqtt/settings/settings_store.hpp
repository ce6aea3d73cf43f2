// Settings from the state directory: the file, its last good copy, and files of other versions.
#pragma once

#include "drivers/waist/log.hpp"
#include "mqtt/settings/settings.hpp"

#include <string>

namespace gridbridge {

// The kept settings of a state directory. A broken file is set aside with a warning and the last good copy
// taken; a file of a newer program is read as far as it is understood and a copy of it kept. `keep` false:
// nothing on disk is changed. Throws std::runtime_error (path, reason, fix) when a file cannot be read.
Settings load_settings(const std::string& state_dir, bool keep, const Log& log);

} // namespace gridbridge
