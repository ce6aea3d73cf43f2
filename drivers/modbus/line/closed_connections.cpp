#include "drivers/modbus/line/closed_connections.hpp"

#include <algorithm>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;

constexpr auto idle = 1s;      // without a request
constexpr auto together = 60s; // closings that belong together
constexpr int enough = 3;

} // namespace

void ClosedConnections::answered(Clock::time_point now) {
    ++answers_;
    last_answer_ = now;
}

void ClosedConnections::closed(Clock::time_point now) {
    if (answers_ > 0 && now - last_answer_ >= idle) {
        return;
    }
    if (now - last_closed_ > together) {
        in_a_row_ = 0;
        most_answers_ = 0;
    }
    last_closed_ = now;
    ++in_a_row_;
    most_answers_ = std::max(most_answers_, answers_);
}

std::string ClosedConnections::reason() const {
    constexpr const char* closed = "connection closed by the other side";
    return answers_ > 0 ? closed
                        : std::string(closed) +
                              " before any answer: many devices serve one client only; end the other program "
                              "that reads this one, or let it serve gridbridge as well";
}

std::string ClosedConnections::advice() const {
    if (in_a_row_ < enough || most_answers_ == 0) {
        return {};
    }
    return "the other side closes the connection after at most " + std::to_string(most_answers_) +
           " answers: it is opened again each time; look for a limit or a time-out in its settings, or for "
           "another program that connects to it";
}

} // namespace gridbridge
