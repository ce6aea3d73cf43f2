#include "app/config/load_config.hpp"
#include "app/servers/status_server.hpp"
#include "app/verbs/run.hpp"
#include "drivers/json/json.hpp"
#include "drivers/text/endpoint.hpp"
#include "drivers/text/text.hpp"

#include <fstream>
#include <iostream>

namespace gridbridge {
namespace {

int unhealthy(const std::string& problem) {
    return fail(exit_code::unavailable, problem);
}

// One line per problem.
int report(const StatusPage& page, const std::string& where) {
    const Json json = parse_json(page.body);
    const auto problems = json.is_object() ? json.find("problems") : json.end();
    if (!json.is_object() || problems == json.end() || !problems->is_array()) {
        return unhealthy(where + ": another program answers there: set another port in [status] listen");
    }
    for (const Json& problem : *problems) {
        std::cerr << "error: " << (problem.is_string() ? problem.get<std::string>() : problem.dump()) << '\n';
    }
    constexpr int healthy = 200;
    if (page.code != healthy) {
        return exit_code::unavailable;
    }
    std::cout << "healthy\n";
    return exit_code::ok;
}

} // namespace

// Where the service listens is all that matters here: it may have got its meters on the command line, and
// what its files hold may have changed.
int run_health(const Options& options) {
    const Loaded loaded = load_config(options);
    if (options.config_file && !std::ifstream(*options.config_file)) {
        for (const Problem& error : loaded.findings.errors) {
            std::cerr << "error: " << error.where << ": " << error.text << '\n';
        }
        return exit_code::configuration;
    }
    const std::string& listen = loaded.config.status_listen;
    if (listen.empty()) {
        return unhealthy(
            R"([status] listen is off: set it, as in listen = "127.0.0.1:8480", to ask for health)");
    }
    const auto endpoint = parse_listen(listen);
    if (!endpoint) {
        return unhealthy("[status] listen " + in_quotes(listen) + " " + std::string(listen_forms));
    }
    const StatusPage page = fetch_status_page(*endpoint, "/health");
    return page.code == 0 ? unhealthy(page.body) : report(page, to_text(*endpoint));
}

} // namespace gridbridge
