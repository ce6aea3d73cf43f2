#include "app/doctor/broker_talk.hpp"

#include "app/service/client_events.hpp"
#include "drivers/io/io_wait.hpp"
#include "drivers/waist/clock.hpp"
#include "mqtt/broker/access_probe.hpp"
#include "mqtt/broker/other_service.hpp"
#include "mqtt/broker/reach.hpp"
#include "mqtt/outlet/info_payload.hpp"
#include "mqtt/outlet/topics.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include <unistd.h>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

constexpr auto answer_expected = 1500ms; // of a broker; then we look what else may listen there
constexpr auto accept_limit = 5s;        // some brokers take longer under load
constexpr auto return_limit = 1500ms;    // for messages that come back
constexpr auto others_limit = 500ms;     // once one has
constexpr auto question_limit = 6s;      // for a second connection and its answers
constexpr auto farewell_limit = 500ms;
constexpr int bursts =
    40; // the first acknowledgements of a connection come at once, whatever the broker does
constexpr int burst_size = 4;
constexpr auto echo_limit = 300ms;
constexpr auto acknowledged_after = 35ms; // by our kernel: 40 ms, up to 50 where its clock is coarse
constexpr auto no_acknowledgement = 60ms;

class BrokerTalk {
  public:
    BrokerTalk(const BrokerOptions& options, const std::vector<AccessBranch>& branches, BrokerFacts& facts,
               const std::stop_token& stop)
        : options_(options), branches_(branches), facts_(facts), stop_(stop),
          client_(make_paho_client(options, events_.inbox())),
          echo_topic_("gridbridge/" + facts.portal_id + "/meter/access/echo-" + std::to_string(::getpid())) {}

    void run() {
        if (!connect()) {
            return;
        }
        try_branches();
        ask_denied();
        measure_bursts();
        note_other_service();
        client_->disconnect(farewell_limit);
    }

  private:
    std::string info_topic() const { return "gridbridge/" + facts_.portal_id + "/info"; }

    bool connect() {
        std::vector<std::string> filters{info_topic(), status_topic(facts_.portal_id), echo_topic_};
        for (const AccessBranch& branch : branches_) {
            filters.push_back(branch.filter);
        }
        const auto began = Clock::now();
        client_->connect(0, filters);
        auto event = next(began + answer_expected);
        if (!event && facts_.server.starts_with(plain_scheme)) {
            facts_.other_service = what_else_listens(facts_.server, facts_.address, wait_);
        }
        if (!event && facts_.other_service.empty()) {
            event = next(began + accept_limit);
        }
        facts_.waited = std::chrono::duration_cast<milliseconds>(Clock::now() - began);
        facts_.is_accepted = event && event->kind == ClientEvent::Kind::Connected;
        if (event && !facts_.is_accepted) {
            facts_.refusal = event->text;
        }
        return facts_.is_accepted;
    }

    void try_branches() {
        for (const AccessBranch& branch : branches_) {
            client_->publish(branch.probe);
            facts_.branches.push_back({branch, false, {}});
        }
        auto deadline = Clock::now() + return_limit;
        while (!have_all_come_back() && facts_.lost.empty()) {
            const auto event = next(deadline);
            if (!event) {
                return;
            }
            take(*event);
            deadline = std::min<Clock::time_point>(deadline, Clock::now() + others_limit);
        }
    }

    bool have_all_come_back() const {
        return std::all_of(facts_.branches.begin(), facts_.branches.end(),
                           [](const BranchFacts& branch) { return branch.came_back; });
    }

    void take(const ClientEvent& event) {
        if (event.kind == ClientEvent::Kind::Lost) {
            facts_.lost = event.text;
            return;
        }
        if (event.kind != ClientEvent::Kind::Received) {
            return;
        }
        newest_[event.message.topic] = event.message.payload;
        for (BranchFacts& branch : facts_.branches) {
            branch.came_back = branch.came_back || event.message.topic == branch.branch.awaited;
        }
    }

    // What does not come back may be denied to be written or to be read.
    void ask_denied() {
        if (have_all_come_back() || !facts_.lost.empty()) {
            return;
        }
        Guarded<bool> is_answered;
        const auto probe =
            make_access_probe(options_, [&] { is_answered.change([](bool& answered) { answered = true; }); });
        std::vector<Message> questions;
        for (const BranchFacts& branch : facts_.branches) {
            if (!branch.came_back) {
                questions.push_back(branch.branch.probe);
            }
        }
        probe->ask(0, std::move(questions));
        is_answered.wait(
            Clock::now() + question_limit, stop_, [](bool answered) { return answered; }, [](bool&) {});
        const auto answers = probe->take_answers();
        for (BranchFacts& branch : facts_.branches) {
            const auto answer = answers ? answers->find(branch.branch.probe.topic) : AnswerEnd{};
            if (answers && answer != answers->end()) {
                branch.may_publish = answer->second;
            }
        }
    }
    using AnswerEnd = std::map<std::string, bool>::const_iterator;

    // A broker with Nagle's algorithm often keeps the second of two small messages until our kernel has
    // acknowledged the first, which it does 40 ms later.
    void measure_bursts() {
        for (int burst = 0; burst < bursts && facts_.lost.empty() && !stop_.stop_requested(); ++burst) {
            for (int i = 0; i < burst_size; ++i) {
                client_->publish({echo_topic_, std::to_string(i)});
            }
            const auto gap = longest_gap();
            if (!gap) {
                return; // not passed on
            }
            ++facts_.bursts;
            if (*gap >= acknowledged_after && *gap < no_acknowledgement) {
                ++facts_.late_bursts;
                facts_.late_by = *gap;
            }
        }
    }

    // Between two messages of a burst.
    std::optional<milliseconds> longest_gap() {
        auto before = await_echo();
        milliseconds longest{};
        for (int i = 1; i < burst_size && before; ++i) {
            const auto next_one = await_echo();
            if (next_one) {
                longest = std::max(longest, std::chrono::duration_cast<milliseconds>(*next_one - *before));
            }
            before = next_one;
        }
        return before ? std::optional(longest) : std::nullopt;
    }

    std::optional<Clock::time_point> await_echo() {
        const auto deadline = Clock::now() + echo_limit;
        while (const auto event = next(deadline)) {
            take(*event);
            if (event->kind == ClientEvent::Kind::Received && event->message.topic == echo_topic_) {
                return Clock::now();
            }
            if (!facts_.lost.empty()) {
                break;
            }
        }
        return std::nullopt;
    }

    // Both are retained; its last will takes the status back when it has gone.
    void note_other_service() {
        if (newest_[status_topic(facts_.portal_id)] == "online") {
            facts_.live_service_id = service_id_of(newest_[info_topic()]).value_or(std::string());
        }
    }

    std::optional<ClientEvent> next(Clock::time_point deadline) { return events_.next(deadline, stop_); }

    const BrokerOptions& options_;
    const std::vector<AccessBranch>& branches_;
    BrokerFacts& facts_;
    const std::stop_token& stop_;
    StopWait wait_{stop_};
    std::map<std::string, std::string> newest_; // by topic
    ClientEvents events_;
    std::unique_ptr<MqttClient> client_;
    std::string echo_topic_;
};

} // namespace

void talk_to_broker(const BrokerOptions& options, const std::vector<AccessBranch>& branches,
                    BrokerFacts& facts, const std::stop_token& stop) {
    BrokerTalk(options, branches, facts, stop).run();
}

} // namespace gridbridge
