// From options, environment and file to one checked configuration.
#pragma once

#include "app/config/config.hpp"
#include "app/config/options.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace gridbridge {

struct Loaded {
    Config config;
    Findings findings; // the configuration may be used when there are no errors
};

// Reads the file named by the options, or the default one unless meters are given on the command line.
Loaded load_config(const Options& options);

// For verbs that only want a configuration they can use: nothing when it has errors, which are on standard
// error then.
std::optional<Config> load_or_complain(const Options& options);

// First line of a secret file; adds an error when it cannot be read. Empty name: empty secret.
std::string read_secret(const std::string& path, std::string_view key, Findings& findings);

// Reads the file each time it is asked, at each attempt to connect: a changed password is used without a
// restart. Without a file it is the one of the URL. Empty when it cannot be read: the broker says what is
// wrong.
std::function<std::string()> password_reader(const std::string& path, const std::string& url_password);

// Everything the files named in [mqtt] and [gx] hold, to see whether they have changed; adds an error for
// each that cannot be read.
std::string read_broker_files(const Config& config, Findings& findings);

} // namespace gridbridge
