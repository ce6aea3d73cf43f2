#include "app/doctor/examine.hpp"

#include "app/doctor/examine_broker.hpp"
#include "app/doctor/examine_port.hpp"
#include "app/service/ask_service.hpp"
#include "app/service/service_options.hpp"
#include "drivers/io/connect.hpp"
#include "drivers/io/link_lost.hpp"
#include "drivers/waist/guarded.hpp"

#include <algorithm>
#include <functional>
#include <iterator>
#include <map>
#include <thread>
#include <utility>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;

constexpr auto host_limit = 4s;

using Meters = std::vector<MeterConfig>;
using Task = std::function<Examination(const std::stop_token& stop)>;

void append(Examination& all, Examination more) {
    std::move(more.findings.begin(), more.findings.end(), std::back_inserter(all.findings));
    std::move(more.notes.begin(), more.notes.end(), std::back_inserter(all.notes));
}

// Each on a thread; the results in the order of the tasks.
std::vector<Examination> run_beside(const std::vector<Task>& tasks, Clock::time_point deadline) {
    std::vector<Examination> results(tasks.size());
    Guarded<std::size_t> done;
    std::vector<std::jthread> threads;
    threads.reserve(tasks.size());
    for (std::size_t i = 0; i < tasks.size(); ++i) {
        threads.emplace_back([&, i](const std::stop_token& stop) {
            results[i] = tasks[i](stop);
            done.change([](std::size_t& count) { ++count; });
        });
    }
    done.wait(
        deadline, std::stop_token(), [&](std::size_t count) { return count == tasks.size(); },
        [](std::size_t) {});
    for (std::jthread& thread : threads) {
        thread.request_stop(); // all at once, then each is waited for
    }
    threads.clear();
    return results;
}

std::vector<int> units_of_others(const Meters& meters, const MeterConfig& meter) {
    std::vector<int> units;
    for (const MeterConfig& other : meters) {
        if (other.unit && other.unit != meter.unit) {
            units.push_back(*other.unit);
        }
    }
    return units;
}

std::string port_note(const PortFacts& facts) {
    if (is_held_by_gridbridge(facts)) {
        const std::string pid = std::to_string(facts.holders.front().pid);
        return facts.path + ": in service, gridbridge (pid " + pid + ") has it; nothing was sent there";
    }
    return facts.line && !facts.line->found.empty() ? facts.path + ": " + facts.line->found.front().model +
                                                          " " + facts.line->found.front().serial + " answers"
                                                    : std::string();
}

Examination examine_port(const std::string& path, const Meters& meters, bool may_open,
                         const std::stop_token& stop) {
    Examination result;
    PortFacts facts = look_at_port(path);
    if (may_open) {
        examine_line(facts, meters, stop);
    }
    for (const MeterConfig& meter : meters) {
        facts.other_units = units_of_others(meters, meter);
        for (Finding& finding : port_findings(facts, meter)) {
            // What is wrong with the port is said of its first meter.
            const bool is_said =
                std::any_of(result.findings.begin(), result.findings.end(), [&](const Finding& said) {
                    return said.code == finding.code && said.text == finding.text;
                });
            if (!is_said) {
                result.findings.push_back(std::move(finding));
            }
        }
    }
    result.notes.push_back(port_note(facts));
    return result;
}

Examination examine_host(const MeterConfig& meter, const std::stop_token& stop) {
    Examination result;
    const std::string where = to_text(Endpoint{meter.host, meter.port});
    try {
        connect_tcp(meter.host, meter.port, host_limit, StopWait(stop));
        result.notes.push_back(where + ": takes connections");
    } catch (const LinkLost& lost) {
        result.findings.push_back(make_finding(FindingCode::MeterUnreachable, meter.uri, lost.what(),
                                               "no TCP connection to " + where));
    } catch (const Stopped&) { // the time is over: not known
    }
    return result;
}

Examination examine_one_broker(BrokerFacts facts, const BrokerOptions& options,
                               const std::vector<AccessBranch>& branches, bool is_wanted,
                               const std::stop_token& stop) {
    facts.was_examined = is_wanted;
    if (is_wanted) {
        examine_broker(options, branches, facts, stop);
    }
    return {broker_findings(facts), {is_wanted ? broker_note(facts) : std::string()}};
}

void add_brokers(const Config& config, const ExamineOptions& options, std::vector<Task>& tasks) {
    const BrokerOptions guest = guest_options(config, options.portal_id);
    const auto branches = harmless_branches(access_branches_of(config, options.portal_id));
    for (std::size_t i = 0; i < guest.servers.size(); ++i) {
        BrokerOptions one = guest;
        one.servers = {guest.servers[i]};
        BrokerFacts facts;
        facts.server = guest.servers[i];
        facts.username = guest.username;
        facts.portal_id = options.portal_id;
        facts.own_service_id = options.service_id;
        facts.keepalive = i == 0 ? guest.keepalive : std::chrono::seconds(0); // said once
        facts.unix_now = is_clock_set(options.unix_now) ? std::optional(options.unix_now) : std::nullopt;
        tasks.emplace_back([=, is_wanted = options.examines_broker](const std::stop_token& stop) {
            return examine_one_broker(facts, one, branches, is_wanted, stop);
        });
    }
}

void add_meters(const Config& config, const ExamineOptions& options, std::vector<Task>& tasks) {
    std::map<std::string, Meters> ports;
    std::map<std::string, MeterConfig> hosts;
    for (const MeterConfig& meter : config.meters) {
        if (has_serial_port(meter)) {
            ports[meter.path].push_back(meter);
        } else if (!meter.host.empty()) {
            hosts.emplace(to_text(Endpoint{meter.host, meter.port}), meter);
        }
    }
    for (const auto& [path, meters] : ports) {
        tasks.emplace_back(
            [path = path, meters = meters, may_open = options.opens_ports](const std::stop_token& stop) {
                return examine_port(path, meters, may_open, stop);
            });
    }
    for (const auto& [where, meter] : hosts) {
        if (options.opens_ports) {
            tasks.emplace_back(
                [meter = meter](const std::stop_token& stop) { return examine_host(meter, stop); });
        }
    }
}

} // namespace

Examination examine(const Config& config, const ExamineOptions& options, Clock::time_point deadline) {
    std::vector<Task> tasks;
    add_brokers(config, options, tasks);
    add_meters(config, options, tasks);
    Examination all;
    all.findings = clock_findings(options.unix_now);
    for (Examination& result : run_beside(tasks, deadline)) {
        append(all, std::move(result));
    }
    std::erase_if(all.notes, [](const std::string& note) { return note.empty(); });
    sort_findings(all.findings);
    return all;
}

} // namespace gridbridge
