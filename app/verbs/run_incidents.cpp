#include "app/verbs/page_of_service.hpp"
#include "app/verbs/run.hpp"
#include "drivers/json/json.hpp"
#include "drivers/text/number.hpp"
#include "drivers/text/text.hpp"

#include <iostream>

namespace gridbridge {
namespace {

constexpr int http_ok = 200;
constexpr std::string_view use_of_incidents = ": gridbridge incidents [ID --output FILE]";

std::string member(const Json& incident, const char* name) {
    const auto found = incident.find(name);
    if (found == incident.end() || found->is_null()) {
        return "-";
    }
    return found->is_string() ? found->get<std::string>() : found->dump();
}

int list_incidents(const Options& options, const StatusPage& page) {
    if (options.json) {
        std::cout << page.body;
        return exit_code::ok;
    }
    const Json list = parse_json(page.body);
    if (!list.is_array()) {
        return fail(exit_code::unavailable, std::string(foreign_page));
    }
    for (const Json& incident : list) {
        if (incident.is_object()) {
            std::cout << member(incident, "id") << "  " << member(incident, "time") << "  "
                      << member(incident, "meter") << "  " << member(incident, "cause") << "  "
                      << member(incident, "bytes") << " bytes\n";
        }
    }
    if (list.empty()) {
        std::cerr << "nothing has happened since the service was started\n";
    }
    return exit_code::ok;
}

std::string problem_of_incidents(const Options& options) {
    if (options.arguments.size() > 1) {
        return "takes one ID";
    }
    if (!options.arguments.empty() && parse_integer(options.arguments.front()).value_or(0) < 1) {
        return "takes the number of an incident, not " + in_quotes(options.arguments.front());
    }
    if (options.arguments.empty() != options.output.empty()) {
        return options.output.empty() ? "needs --output FILE for the recording" : "needs an ID for --output";
    }
    return {};
}

} // namespace

int run_incidents(const Options& options) {
    if (const std::string problem = problem_of_incidents(options); !problem.empty()) {
        return fail(exit_code::usage, "incidents " + problem + std::string(use_of_incidents));
    }
    if (const int problem = complain_of_missing_file(options); problem != exit_code::ok) {
        return problem;
    }
    const std::string id = options.arguments.empty() ? std::string() : "/" + options.arguments.front();
    const StatusPage page = page_of_service(options, "/api/incidents" + id);
    if (page.code != http_ok) {
        return fail(exit_code::unavailable, reason_of(page));
    }
    return id.empty() ? list_incidents(options, page) : save_bytes(options.output, page.body);
}

} // namespace gridbridge
