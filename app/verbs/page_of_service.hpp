// What the running service answers, for verbs that ask it over HTTP.
#pragma once

#include "app/config/options.hpp"
#include "app/servers/status_server.hpp"

#include <string>
#include <string_view>

namespace gridbridge {

// Where the service listens is all that matters of the configuration: the service may have got its meters on
// the command line, and what its files hold may have changed. Code 0 and the reason as body: no answer.
StatusPage page_of_service(const Options& options, const std::string& path, FetchLimits limits = {});

// A configuration file that is named and not there is a mistake: said on standard error, and an exit code.
// What else is wrong in it does not matter for asking the service.
int complain_of_missing_file(const Options& options);

// Said of an answer that is none of gridbridge's.
inline constexpr std::string_view foreign_page =
    "another program answers at [status] listen: set another port there";
// Why there is no page, in words; of one with another code than 200.
std::string reason_of(const StatusPage& page);

// Writes a file, or says why not: an exit code.
int save_bytes(const std::string& path, const std::string& bytes);

} // namespace gridbridge
