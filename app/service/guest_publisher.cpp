#include "app/service/guest_publisher.hpp"

#include "app/service/ask_service.hpp"
#include "drivers/io/stop_wait.hpp"

#include <chrono>
#include <stdexcept>

namespace gridbridge {
namespace {

constexpr std::chrono::seconds guest_patience(10);
constexpr std::chrono::milliseconds try_again(20);

} // namespace

GuestPublisher::GuestPublisher(const Config& config, const std::string& portal_id) {
    std::string problem;
    for (std::size_t server = 0; server < config.mqtt.servers.size(); ++server) {
        server_ = config.mqtt.servers[server];
        client_ = make_paho_client(guest_options(config, portal_id), events_.inbox());
        const std::string reason =
            connect_by(SystemClock::now() + guest_patience, *client_, events_, server, {});
        if (reason.empty()) {
            return;
        }
        problem += (problem.empty() ? "" : "; ") + ("cannot connect to " + server_ + ": " + reason);
        client_.reset();
    }
    throw std::runtime_error(problem);
}

void GuestPublisher::look_for_loss() {
    while (const auto event = events_.next(SystemClock::now())) {
        if (event->kind == ClientEvent::Kind::Lost) {
            throw std::runtime_error(server_ + ": " + event->text);
        }
    }
}

void GuestPublisher::publish(const Messages& messages) {
    for (const Message& message : messages) {
        while (client_->publish(message) == Sent::Later) {
            look_for_loss();
            sleep_on_system(SystemClock::now() + try_again, {});
        }
    }
    look_for_loss();
}

void GuestPublisher::finish() {
    const auto deadline = SystemClock::now() + guest_patience;
    if (client_->ask_echo()) {
        while (const auto event = events_.next(deadline)) {
            if (event->kind == ClientEvent::Kind::Echo || event->kind == ClientEvent::Kind::Lost) {
                break;
            }
        }
    }
    client_->disconnect(guest_patience);
}

} // namespace gridbridge
