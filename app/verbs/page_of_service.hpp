// What the running service answers, for verbs that ask it over HTTP.
#pragma once

#include "app/config/options.hpp"
#include "app/servers/status_server.hpp"

#include <string>

namespace gridbridge {

// Where the service listens is all that matters of the configuration: the service may have got its meters on
// the command line, and what its files hold may have changed. Code 0 and the reason as body: no answer.
StatusPage page_of_service(const Options& options, const std::string& path, FetchLimits limits = {});

// Writes a file, or says why not: an exit code.
int save_bytes(const std::string& path, const std::string& bytes);

} // namespace gridbridge
