// Any bytes as a command, and as the names and the telegram it is about: the answer is bounded and its lines
// are ours alone.
#include "mqtt/status/query.hpp"

#include <algorithm>
#include <cstdlib>
#include <string>
#include <string_view>

namespace {

void require(bool condition) {
    if (!condition) {
        std::abort();
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace gridbridge;
    const std::string text(data, data + size);
    const std::string command = text.substr(0, text.find('|'));
    const std::string rest = command.size() < text.size() ? text.substr(command.size() + 1) : std::string();
    const Clock::time_point now = Clock::time_point{} + std::chrono::hours(1);
    Snapshot view;
    view.version = "1";
    view.meters.resize(2);
    for (Meter& meter : view.meters) {
        meter.life = MeterLife::Live;
        meter.last_good = now;
        meter.info.serial = rest.substr(0, 30);
        meter.config.name = rest.substr(rest.size() / 2);
        meter.reading.set(Quantity::Power, static_cast<double>(size) * 1e300);
    }
    auto telegram = std::make_shared<TelegramCopy>();
    telegram->raw.assign(rest.begin(), rest.end());
    telegram->size = rest.size() + size % 3;
    telegram->values.push_back({"1-0:1.8.0", rest, rest.substr(rest.size() / 3)});
    view.meters[1].telegram = telegram;
    const std::string reply = answer(command, view, now);
    require(!reply.empty() && reply.size() <= max_answer && reply.back() == '\n');
    if (reply.starts_with("error:") && !rest.starts_with("error:")) { // a telegram is given as it is
        require(std::count(reply.begin(), reply.end(), '\n') == 1);
    }
    require(reply.find('\x1b') == std::string::npos);
    return 0;
}
