#include "tests/integration/late_broker.hpp"

#include <poll.h>
#include <unistd.h>

#include <array>
#include <optional>

namespace gridbridge::testing_support {
namespace {

using SystemTime = std::chrono::steady_clock;

constexpr int look_ms = 50;

bool pass_on(int from, int to) {
    std::array<char, 65536> buffer{};
    const ssize_t count = ::read(from, buffer.data(), buffer.size());
    return count > 0 && ::write(to, buffer.data(), static_cast<std::size_t>(count)) == count;
}

void pump(int client, int server, std::chrono::seconds delay, std::size_t answers_at_once,
          const std::stop_token& stop) {
    std::optional<SystemTime::time_point> answer_at;
    while (!stop.stop_requested()) {
        const bool holds_back = answers_at_once == 0 && (!answer_at || SystemTime::now() < *answer_at);
        std::array<pollfd, 2> ends{{{client, POLLIN, 0}, {server, POLLIN, 0}}};
        ::poll(ends.data(), holds_back ? 1 : 2, look_ms);
        if (ends[0].revents != 0 && !pass_on(client, server)) {
            return;
        }
        if (ends[1].revents != 0) {
            if (!pass_on(server, client)) {
                return;
            }
            answers_at_once -= answers_at_once > 0 ? 1 : 0;
        }
        if (answers_at_once == 0 && (ends[0].revents != 0 || ends[1].revents != 0)) {
            answer_at = answer_at.value_or(SystemTime::now() + delay);
        }
    }
}

} // namespace

LateBroker::LateBroker(int broker_port, std::chrono::seconds delay, std::size_t answers_at_once)
    : broker_port_(static_cast<std::uint16_t>(broker_port)), delay_(delay), answers_at_once_(answers_at_once),
      thread_([this](const std::stop_token& stop) { run(stop); }) {}

void LateBroker::run(const std::stop_token& stop) const {
    while (!stop.stop_requested()) {
        pollfd waiting{front_.descriptor(), POLLIN, 0};
        if (::poll(&waiting, 1, look_ms) > 0) {
            serve(front_.accept(), stop);
        }
    }
}

void LateBroker::serve(const Descriptor& client, const std::stop_token& stop) const {
    const Descriptor server = test::new_socket();
    if (test::connect_to(server, "127.0.0.1", broker_port_) == 0) {
        pump(client.get(), server.get(), delay_, answers_at_once_, stop);
    }
}

} // namespace gridbridge::testing_support
