#include "app/config/load_config.hpp"
#include "app/doctor/examine.hpp"
#include "app/doctor/shown_findings.hpp"
#include "app/servers/status_server.hpp"
#include "app/service/wall_clock.hpp"
#include "app/verbs/kept_identities.hpp"
#include "app/verbs/load_test_view.hpp"
#include "app/verbs/run.hpp"
#include "drivers/json/json.hpp"
#include "drivers/text/endpoint.hpp"
#include "drivers/text/text.hpp"

#include <iostream>
#include <optional>

#include <sys/ioctl.h>
#include <unistd.h>

namespace gridbridge {
namespace {

// All in all it takes less than 20 s: what is under way at this time is left.
constexpr std::chrono::seconds whole_limit(17);

enum class ServiceState : unsigned char { None, Silent, Old, Speaks };

// What a running service says of itself.
struct ServiceWord {
    ServiceState state = ServiceState::None;
    std::vector<ShownFinding> findings;
    std::string note;
};

// That of a gridbridge, whatever it says.
bool is_health(const StatusPage& page) {
    const Json json = parse_json(page.body);
    return json.is_object() && json.contains("problems");
}

ServiceWord ask_running(const std::string& status_listen) {
    constexpr int ok = 200;
    constexpr int not_found = 404;
    const auto endpoint = parse_listen(status_listen);
    if (!endpoint) {
        return {ServiceState::None, {}, "[status] listen is off: a running service is not asked"};
    }
    const std::string where = to_text(*endpoint);
    const StatusPage page = fetch_status_page(*endpoint, "/findings");
    if (page.code == 0) {
        const bool is_silent = page.body.find(nobody_listens) == std::string::npos;
        return {is_silent ? ServiceState::Silent : ServiceState::None, {}, is_silent ? page.body : ""};
    }
    if (page.code == not_found && is_health(fetch_status_page(*endpoint, "/health"))) {
        return {ServiceState::Old,
                {},
                where + ": the service there is older than this program and has no "
                        "findings: restart it"};
    }
    if (auto findings = read_findings(page.body); findings && page.code == ok) {
        return {ServiceState::Speaks, std::move(*findings), where + ": the service there was asked"};
    }
    return {ServiceState::Silent,
            {},
            where + ": what answers there is no gridbridge, or not well: set another "
                    "port in [status] listen"};
}

std::size_t columns_of_output() {
    constexpr std::size_t usual = 100;
    winsize size{};
    const bool is_known =
        ::isatty(STDOUT_FILENO) != 0 && ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 40;
    return is_known ? size.ws_col : usual;
}

Examination examine_beside(const Config& config, ServiceState state, Clock::time_point deadline) {
    const KeptIdentities kept = kept_identities(config, [](auto&&...) {});
    ExamineOptions options;
    options.portal_id = kept.portal_id;
    options.service_id = kept.service_id;
    options.unix_now = unix_seconds();
    options.opens_ports = state == ServiceState::None;
    options.examines_broker = state != ServiceState::Speaks;
    return examine(config, options, deadline);
}

void print_notes(std::ostream& out, const ServiceWord& service, const Examination& examined) {
    if (!service.note.empty()) {
        out << service.note << '\n';
    }
    if (service.state == ServiceState::None) {
        out << "no service was asked: wiring and readings can only be judged by a running service, over "
               "hours\n";
    } else if (service.state != ServiceState::Speaks) {
        out << "something listens where the service would: no port was opened, nothing was sent to a meter\n";
    }
    for (const std::string& note : examined.notes) {
        out << note << '\n';
    }
}

int run_load(const Options& options) {
    Options of_service = options;
    of_service.meters.clear(); // a serial number is no URI
    const auto config = load_or_complain(of_service);
    if (!config) {
        return exit_code::configuration;
    }
    const LoadTestRequest request{options.meters.empty() ? "" : options.meters.front(),
                                  static_cast<double>(*options.load)};
    return run_load_test(
        *config, request, [](auto&&...) {}, std::cout);
}

} // namespace

int run_doctor(const Options& options) {
    if (options.load) {
        return run_load(options);
    }
    const auto deadline = Clock::now() + whole_limit;
    const auto config = load_or_complain(options);
    if (!config) {
        return exit_code::configuration;
    }
    ServiceWord service = ask_running(config->status_listen);
    const Examination examined = examine_beside(*config, service.state, deadline);
    std::vector<ShownFinding> findings = std::move(service.findings);
    merge_findings(findings, shown(examined.findings));
    print_notes(options.json ? std::cerr : std::cout, service, examined);
    if (options.json) {
        std::cout << shown_json(findings) << '\n';
    } else {
        std::cout << '\n' << findings_text(findings, columns_of_output()) << verdict_text(findings) << '\n';
    }
    return needs_action(findings) ? exit_code::unavailable : exit_code::ok;
}

} // namespace gridbridge
