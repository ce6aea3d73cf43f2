#include "mqtt/broker/access_probe.hpp"

#include "drivers/io/link_lost.hpp"
#include "drivers/waist/clock.hpp"
#include "drivers/waist/guarded.hpp"
#include "mqtt/broker/paho_names.hpp"
#include "mqtt/broker/paho_session.hpp"
#include "mqtt/broker/reach.hpp"

#include <mqtt/exception.h>

#include <chrono>
#include <stop_token>
#include <thread>
#include <utility>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;

constexpr auto probing_limit = 5s; // to reach it, to be accepted, for its answers
constexpr auto probe_leave_limit = 200ms;

constexpr const char* any_filter = "gridbridge/access/nobody"; // a session needs one to leave in order

using Answers = std::map<std::string, bool>;

// What has been acknowledged and what refused, of messages with QoS 1.
class Acknowledgements {
  public:
    explicit Acknowledgements(std::size_t expected) : expected_(expected) {}

    ClientInbox& inbox() { return inbox_; }
    Answers wait(const std::stop_token& stop) {
        Answers answers;
        const auto until = Clock::now() + probing_limit;
        while (answers.size() < expected_ && Clock::now() < until && !stop.stop_requested()) {
            news_.wait(
                until, stop, [](bool is_there) { return is_there; },
                [](bool& is_there) { is_there = false; });
            for (const ClientEvent& event : inbox_.drain()) {
                const bool may_publish = event.kind == ClientEvent::Kind::Delivered;
                if ((may_publish || event.kind == ClientEvent::Kind::Denied) &&
                    !event.message.topic.empty()) {
                    answers[event.message.topic] = may_publish;
                }
            }
        }
        return answers;
    }

  private:
    std::size_t expected_;
    Guarded<bool> news_;
    ClientInbox inbox_{[this] { news_.change([](bool& is_there) { is_there = true; }); }};
};

class PahoAccessProbe final : public AccessProbe {
  public:
    PahoAccessProbe(BrokerOptions options, std::function<void()> answered)
        : options_(std::move(options)), answered_(std::move(answered)) {
        options_.version5 = true;
        options_.client_id += "-access";
        options_.last_will = {};
    }

    void ask(std::size_t server, std::vector<Message> messages) override {
        thread_.request_stop();
        answers_.with([](std::optional<Answers>& answers) { answers.reset(); });
        thread_ = std::jthread([this, before = std::move(thread_), server,
                                messages = std::move(messages)](const std::stop_token& stop) mutable {
            before = {}; // joins
            Answers answers = publish(options_.servers.at(server), messages, stop);
            if (!stop.stop_requested()) {
                answers_.with([&](std::optional<Answers>& kept) { kept = std::move(answers); });
                answered_();
            }
        });
    }

    std::optional<Answers> take_answers() override {
        return answers_.with(
            [](std::optional<Answers>& answers) { return std::exchange(answers, std::nullopt); });
    }

  private:
    Answers publish(const std::string& server, const std::vector<Message>& messages,
                    const std::stop_token& stop) const {
        try {
            const StopWait wait(stop);
            const std::string address = reachable_address(server, Clock::now() + probing_limit, wait);
            set_paho_address(broker_endpoint(server).host, address);
            Acknowledgements acknowledged(messages.size());
            PahoSession session(options_, server, address, {any_filter}, acknowledged.inbox());
            session.start(probing_limit);
            if (session.await_outcome(stop) || !session.was_up()) {
                return {};
            }
            for (Message message : messages) {
                message.qos = 1;
                static_cast<void>(session.publish(message));
            }
            Answers answers = acknowledged.wait(stop);
            session.disconnect(probe_leave_limit);
            return answers;
        } catch (const Stopped&) {        // nobody wants to know
        } catch (const std::exception&) { // not reached: not known
        }
        return {};
    }

    BrokerOptions options_;
    std::function<void()> answered_;
    Guarded<std::optional<Answers>> answers_;
    std::jthread thread_; // last: joined before the others go
};

} // namespace

std::unique_ptr<AccessProbe> make_access_probe(BrokerOptions options, std::function<void()> answered) {
    return std::make_unique<PahoAccessProbe>(std::move(options), std::move(answered));
}

} // namespace gridbridge
