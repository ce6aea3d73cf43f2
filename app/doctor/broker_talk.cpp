#include "app/doctor/broker_talk.hpp"

#include "drivers/waist/clock.hpp"
#include "drivers/waist/guarded.hpp"
#include "mqtt/bridge/client.hpp"
#include "mqtt/broker/access_probe.hpp"
#include "mqtt/outlet/info_payload.hpp"
#include "mqtt/outlet/topics.hpp"

#include <algorithm>
#include <deque>
#include <map>
#include <utility>

#include <unistd.h>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

constexpr auto accept_limit = 4500ms; // a broker takes milliseconds; under load some take longer
constexpr auto return_limit = 1500ms; // for messages that come back
constexpr auto question_limit = 6s;   // for a second connection and its answers
constexpr auto farewell_limit = 500ms;
constexpr int pairs = 24; // the first acknowledgements of a connection come at once, whatever the broker does
constexpr int judged_pairs = 8; // the last of them
constexpr auto pair_limit = 300ms;

class BrokerTalk {
  public:
    BrokerTalk(const BrokerOptions& options, const std::vector<AccessBranch>& branches, BrokerFacts& facts,
               const std::stop_token& stop)
        : options_(options), branches_(branches), facts_(facts), stop_(stop),
          client_(make_paho_client(options, inbox_)),
          echo_topic_("gridbridge/" + facts.portal_id + "/meter/access/echo-" + std::to_string(::getpid())) {}

    void run() {
        if (!connect()) {
            return;
        }
        try_branches();
        ask_denied();
        measure_pairs();
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
        const auto event = next(began + accept_limit);
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
        const auto deadline = Clock::now() + return_limit;
        while (!have_all_come_back()) {
            const auto event = next(deadline);
            if (!event) {
                return;
            }
            take(*event);
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

    // A broker with Nagle's algorithm keeps the second of two small messages until our kernel has
    // acknowledged the first, which it does 40 ms later.
    void measure_pairs() {
        if (!facts_.lost.empty()) {
            return;
        }
        std::vector<milliseconds> gaps;
        for (int pair = 0; pair < pairs && !stop_.stop_requested(); ++pair) {
            client_->publish({echo_topic_, "1"});
            client_->publish({echo_topic_, "2"});
            const auto first = await_echo("1");
            const auto second = first ? await_echo("2") : std::nullopt;
            if (!second) {
                return; // not passed on
            }
            gaps.push_back(std::chrono::duration_cast<milliseconds>(*second - *first));
        }
        if (std::ssize(gaps) == pairs) {
            const auto judged = gaps.end() - judged_pairs;
            std::sort(judged, gaps.end());
            facts_.slow_pairs = *(judged + judged_pairs / 2);
        }
    }

    std::optional<Clock::time_point> await_echo(const std::string& payload) {
        const auto deadline = Clock::now() + pair_limit;
        while (const auto event = next(deadline)) {
            take(*event);
            if (event->kind == ClientEvent::Kind::Received && event->message.topic == echo_topic_ &&
                event->message.payload == payload) {
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

    std::optional<ClientEvent> next(Clock::time_point deadline) {
        while (events_.empty()) {
            const bool is_new = news_.wait(
                deadline, stop_, [](bool news) { return news; },
                [](bool& news) { return std::exchange(news, false); });
            events_ = inbox_.drain();
            if (!is_new && events_.empty()) {
                return std::nullopt;
            }
        }
        ClientEvent event = std::move(events_.front());
        events_.pop_front();
        return event;
    }

    const BrokerOptions& options_;
    const std::vector<AccessBranch>& branches_;
    BrokerFacts& facts_;
    const std::stop_token& stop_;
    Guarded<bool> news_;
    std::deque<ClientEvent> events_;
    std::map<std::string, std::string> newest_; // by topic
    ClientInbox inbox_{[this] { news_.change([](bool& is_new) { is_new = true; }); }};
    std::unique_ptr<MqttClient> client_; // ends before the inbox
    std::string echo_topic_;
};

} // namespace

void talk_to_broker(const BrokerOptions& options, const std::vector<AccessBranch>& branches,
                    BrokerFacts& facts, const std::stop_token& stop) {
    BrokerTalk(options, branches, facts, stop).run();
}

} // namespace gridbridge
