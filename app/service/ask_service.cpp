#include "app/service/ask_service.hpp"

#include "app/config/load_config.hpp"
#include "app/service/client_events.hpp"
#include "app/service/service_options.hpp"
#include "drivers/waist/clock.hpp"

#include <unistd.h>

#include <memory>
#include <utility>

namespace gridbridge {
namespace {

constexpr std::chrono::milliseconds leave_limit(500);

class Conversation {
  public:
    Conversation(const Config& config, const std::string& portal_id, const ServiceQuestion& question)
        : question_(question), client_(make_paho_client(guest_options(config, portal_id), events_.inbox())) {}

    // Empty: it stands.
    std::string connect(std::size_t server, Clock::time_point deadline) {
        return connect_by(deadline, *client_, events_, server, {question_.answer_topic});
    }

    ServiceAnswer ask(std::chrono::seconds limit) {
        ServiceAnswer answer{{}, "no answer: does a service run with this broker and portal id?"};
        client_->publish(question_.request);
        auto deadline = Clock::now() + limit;
        while (const auto event = events_.next(deadline)) {
            if (event->kind == ClientEvent::Kind::Lost || event->kind == ClientEvent::Kind::Denied) {
                answer.problem = event->text;
                break;
            }
            if (event->kind == ClientEvent::Kind::Received && question_.is_answer(event->message.payload)) {
                answer.payload = event->message.payload;
                break;
            }
            if (event->kind == ClientEvent::Kind::Received && question_.on_progress) {
                question_.on_progress(event->message.payload);
                deadline = Clock::now() + limit;
            }
        }
        client_->disconnect(leave_limit);
        return answer;
    }

  private:
    const ServiceQuestion& question_;
    ClientEvents events_;
    std::unique_ptr<MqttClient> client_;
};

} // namespace

BrokerOptions guest_options(const Config& config, const std::string& portal_id) {
    const auto password = password_reader(config.mqtt.password_file, config.mqtt.url_password);
    BrokerOptions options = broker_options({config, password, {}, {}}, portal_id);
    options.client_id += "-" + std::to_string(::getpid());
    options.last_will = {};
    return options;
}

ServiceAnswer ask_service(const Config& config, const std::string& portal_id, const ServiceQuestion& question,
                          std::chrono::seconds limit) {
    ServiceAnswer answer;
    const auto& servers = config.mqtt.servers;
    for (std::size_t server = 0; server < servers.size() && !answer.payload; ++server) {
        Conversation conversation(config, portal_id, question);
        const std::string problem = conversation.connect(server, Clock::now() + limit);
        if (problem.empty()) {
            answer = conversation.ask(limit);
            answer.problem = servers[server] + ": " + answer.problem;
        } else {
            answer.problem = "cannot connect to " + servers[server] + ": " + problem;
        }
    }
    return answer;
}

} // namespace gridbridge
