// What --version prints.
#pragma once

#include "app/config/options.hpp"

#include <span>
#include <string>

namespace gridbridge {

// One line; verbose: also what the program is built with and what it can do, a line each. Any thread.
std::string version_text(bool verbose, std::span<const Verb> verbs);

} // namespace gridbridge
