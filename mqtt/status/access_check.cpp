#include "mqtt/status/access_check.hpp"

#include "mqtt/outlet/topics.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;

constexpr auto patience = 10s;    // a broker answers in milliseconds, the slowest heartbeat in three seconds
constexpr auto ask_again = 500ms; // for the answers

constexpr std::string_view fix = " in its access rules (ACL)";

std::string denied_text(const AccessBranch& branch) {
    return branch.is_subscribed ? "the broker does not pass on to us what clients publish to " + branch.name +
                                      ": allow our user to read it" + std::string(fix)
                                : "the broker does not pass on what we publish to " + branch.name +
                                      ": allow our user to write it" + std::string(fix);
}

std::string silent_text(const AccessBranch& branch) {
    return "the broker does not pass on what we publish to " + branch.name +
           ": allow our user to write and read it" + std::string(fix);
}

std::string unverified_text(const AccessBranch& branch) {
    return branch.is_subscribed ? "it cannot be verified that what clients publish to " + branch.name +
                                      " arrives: our user may not write there"
                                : "it cannot be verified that what we publish to " + branch.name +
                                      " is passed on: our user may not read there";
}

} // namespace

// Without an answer a broker of MQTT 3.1.1 leaves it open what it denies.
AccessVerdict judge_access(const AccessBranch& branch, std::optional<bool> may_publish) {
    if (!may_publish) {
        return branch.is_subscribed ? AccessVerdict{{}, unverified_text(branch)}
                                    : AccessVerdict{silent_text(branch), {}};
    }
    return *may_publish == branch.is_subscribed ? AccessVerdict{denied_text(branch), {}}
                                                : AccessVerdict{{}, unverified_text(branch)};
}

AccessCheck::AccessCheck(AccessCheckOptions options) : options_(std::move(options)) {
    for (const AccessBranch& branch : options_.branches) {
        watched_.push_back({branch, State::Idle, {}, {}, {}});
    }
}

void AccessCheck::connected(Clock::time_point now, Messages& out) {
    for (Watched& watched : watched_) {
        const bool is_due = watched.branch.expected_with.empty();
        watched.state = is_due ? State::Awaited : State::Idle;
        watched.overdue_at = now + patience;
        if (is_due && watched.branch.is_sent_by_us) {
            out.push_back(watched.branch.probe);
        }
    }
}

void AccessCheck::request(const Message& message, Clock::time_point now, Messages& /*out*/) {
    for (Watched& watched : watched_) {
        const AccessBranch& branch = watched.branch;
        if (message.topic == branch.awaited && watched.state != State::Known) {
            watched.state = State::Known;
            watched.problem.clear();
            watched.remark.clear();
            if (!branch.filter.empty()) {
                left_filters_.push_back(branch.filter);
            }
            report();
        } else if (message.topic == branch.expected_with && watched.state == State::Idle) {
            watched.state = State::Awaited;
            watched.overdue_at = now + patience;
        }
    }
}

void AccessCheck::ask_overdue(Clock::time_point now) {
    std::vector<Message> questions;
    for (Watched& watched : watched_) {
        if (watched.state == State::Awaited && now >= watched.overdue_at) {
            watched.state = State::Asked;
            questions.push_back(watched.branch.probe);
        } else if (watched.state == State::Asked) {
            questions.push_back(watched.branch.probe); // a new question takes the place of the one before
        }
    }
    options_.ask(std::move(questions));
}

void AccessCheck::tick(Clock::time_point now, Messages& /*out*/) {
    const bool is_overdue = std::any_of(watched_.begin(), watched_.end(), [&](const Watched& watched) {
        return watched.state == State::Awaited && now >= watched.overdue_at;
    });
    if (is_overdue) {
        ask_overdue(now);
    }
    const bool is_asked = std::any_of(watched_.begin(), watched_.end(),
                                      [](const Watched& watched) { return watched.state == State::Asked; });
    const auto answers = is_asked ? options_.answers() : std::nullopt;
    if (!answers) {
        return;
    }
    for (Watched& watched : watched_) {
        if (watched.state == State::Asked) {
            const auto answer = answers->find(watched.branch.probe.topic);
            AccessVerdict verdict = judge_access(
                watched.branch, answer == answers->end() ? std::nullopt : std::optional(answer->second));
            watched.state = State::Known;
            watched.problem = std::move(verdict.problem);
            watched.remark = std::move(verdict.remark);
        }
    }
    report();
}

void AccessCheck::report() {
    std::vector<std::string> problems, remarks;
    for (const Watched& watched : watched_) {
        if (!watched.problem.empty()) {
            problems.push_back(watched.problem);
        }
        if (!watched.remark.empty()) {
            remarks.push_back(watched.remark);
        }
    }
    if (problems != problems_ || remarks != remarks_) {
        problems_ = problems;
        remarks_ = remarks;
        options_.report(std::move(problems), std::move(remarks));
    }
}

Clock::time_point AccessCheck::next_tick(Clock::time_point now) const {
    Clock::time_point next = now + 1h;
    for (const Watched& watched : watched_) {
        if (watched.state == State::Awaited) {
            next = std::min(next, watched.overdue_at);
        } else if (watched.state == State::Asked) {
            next = std::min<Clock::time_point>(next, now + ask_again);
        }
    }
    return next;
}

std::vector<std::string> AccessCheck::filters() const {
    std::vector<std::string> filters;
    for (const Watched& watched : watched_) {
        if (!watched.branch.filter.empty()) {
            filters.push_back(watched.branch.filter);
        }
    }
    return filters;
}

std::vector<std::string> AccessCheck::take_left_filters() {
    return std::exchange(left_filters_, {});
}

std::vector<AccessBranch> access_branches(const std::string& portal_id, bool is_always,
                                          const Message& discovery) {
    const std::string values = "N/" + portal_id;
    const std::string nobody = portal_id + "/gridbridge/0/Access"; // a service that no client knows
    const std::string meter = "gridbridge/" + portal_id + "/meter/access/check";
    std::vector<AccessBranch> branches{{"N/#",
                                        false,
                                        values + "/heartbeat",
                                        values + "/heartbeat",
                                        false,
                                        {"N/" + nobody, {}},
                                        is_always ? std::string() : "R/" + portal_id + "/keepalive"},
                                       {"R/#", true, "R/" + nobody, {}, true, {"R/" + nobody, {}}, {}},
                                       {"W/#", true, "W/" + nobody, {}, true, {"W/" + nobody, {}}, {}},
                                       {"gridbridge/#", false, meter, meter, true, {meter, {}}, {}}};
    if (!discovery.topic.empty()) {
        const std::string prefix = discovery.topic.substr(0, discovery.topic.find('/'));
        branches.push_back({prefix + "/#", false, discovery.topic, discovery.topic, false, discovery, {}});
    }
    return branches;
}

} // namespace gridbridge
