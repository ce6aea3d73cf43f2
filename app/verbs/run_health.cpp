#include "app/config/load_config.hpp"
#include "app/verbs/page_of_service.hpp"
#include "app/verbs/run.hpp"
#include "drivers/json/json.hpp"

#include <fstream>
#include <iostream>

namespace gridbridge {
namespace {

int unhealthy(const std::string& problem) {
    return fail(exit_code::unavailable, problem);
}

// One line per problem.
int report(const StatusPage& page) {
    const Json json = parse_json(page.body);
    const auto problems = json.is_object() ? json.find("problems") : json.end();
    if (!json.is_object() || problems == json.end() || !problems->is_array()) {
        return unhealthy(std::string(foreign_page));
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

// What its files hold may have changed since the service was started; a file that is not there is a mistake.
int run_health(const Options& options) {
    if (options.config_file && !std::ifstream(*options.config_file)) {
        for (const Problem& error : load_config(options).findings.errors) {
            std::cerr << "error: " << error.where << ": " << error.text << '\n';
        }
        return exit_code::configuration;
    }
    const StatusPage page = page_of_service(options, "/health");
    return page.code == 0 ? unhealthy(page.body) : report(page);
}

} // namespace gridbridge
