// A file that somebody asked for by its name.
#pragma once

#include <string>

namespace gridbridge {

// Whole or not at all, also when the power fails meanwhile; never over a file that is there unless `replace`.
// False: there is one, which stays as it is. Throws std::system_error (path, reason).
bool write_new_file(const std::string& path, const std::string& text, bool replace);

} // namespace gridbridge
