#include "app/verbs/page_of_service.hpp"
#include "app/verbs/run.hpp"
#include "drivers/json/json.hpp"

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

int run_health(const Options& options) {
    if (const int problem = complain_of_missing_file(options); problem != exit_code::ok) {
        return problem;
    }
    const StatusPage page = page_of_service(options, "/health");
    return page.code == 0 ? unhealthy(page.body) : report(page);
}

} // namespace gridbridge
