// Files that survive a power failure.
#pragma once

#include "drivers/io/descriptor.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace gridbridge {

// All of it, as far as the disk. Returns an errno value; 0: done.
int write_and_sync(const Descriptor& file, std::string_view text);

// The others throw std::runtime_error (path, reason, fix).

// Nothing when there is no such file.
std::optional<std::string> read_whole(const std::string& path);
// Writes `<path>.new`, syncs, renames it over the old file and syncs the directory: after a power failure the
// file is either the old or the new one. `last_good`: another name under which the old file stays; empty:
// none.
void replace_synced(const std::string& path, const std::string& text, const std::string& last_good = {});
// False: there is no such file.
bool remove_synced(const std::string& path);
// One level, when it is missing.
void make_folder_synced(const std::string& path);

} // namespace gridbridge
