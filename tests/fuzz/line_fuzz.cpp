// Any sequence of serial numbers, with and without checksum, at any pace: never more meters than four new
// ones an hour allow, and a sender is one that was sent.
#include "drivers/stream/line_identities.hpp"
#include "tests/fuzz/check_telegram.hpp"

#include <array>
#include <deque>
#include <string>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace gridbridge;
    if (size == 0) {
        return 0;
    }
    const std::size_t places = 1 + data[0] % LineIdentities::most_places;
    LineIdentities identities(places);
    Clock::time_point now{};
    std::array<std::string, LineIdentities::most_places> served;
    std::deque<Clock::time_point> changes;
    for (std::size_t i = 1; i + 1 < size; i += 2) {
        const unsigned letter = data[i] % 16U;
        const std::string serial =
            letter == 0 ? std::string() : std::string(1, static_cast<char>('A' + letter));
        now += std::chrono::seconds(data[i + 1]);
        const auto sender = identities.judge({serial, {}}, data[i] >= 128, now);
        if (!sender) {
            continue;
        }
        fuzz::require(sender->place < places, "more meters than places\n");
        fuzz::require(serial.empty() || sender->serial.text == serial,
                      "another serial number than was sent\n");
        std::string& known = served.at(sender->place);
        if (known != sender->serial.text) {
            const bool is_first = known.empty() && sender->place == 0;
            known = sender->serial.text;
            while (!changes.empty() && now - changes.front() >= LineIdentities::new_within) {
                changes.pop_front();
            }
            if (!is_first) {
                changes.push_back(now);
            }
            fuzz::require(changes.size() <= LineIdentities::most_new,
                          "more new meters than an hour allows\n");
        }
    }
    return 0;
}
