// Any bytes, in pieces: no crash, finite numbers, bounded memory, every byte accounted for. Then the same
// bytes as a meter's side of the conversation, on a clock that goes on with them: it ends, and never asks too
// fast.
#include "drivers/stream/d0/d0.hpp"
#include "drivers/stream/d0/d0_session.hpp"
#include "tests/fuzz/check_telegram.hpp"

namespace {

void converse(std::span<const std::uint8_t> bytes) {
    using namespace gridbridge;
    D0SessionOptions options;
    options.mode = bytes.size() % 2 == 0 ? ReadoutMode::Auto : ReadoutMode::Request;
    options.wakeup = bytes.size() % 3 == 0;
    D0Session session(options);
    Clock::time_point now{};
    session.start(now);
    while (!bytes.empty()) {
        const std::size_t size = std::min<std::size_t>(bytes[0] % 32U + 1U, bytes.size());
        session.received(bytes.first(size), now);
        int actions = 0;
        while (session.next(now)) {
            fuzz::require(++actions < 8, "endless actions\n");
        }
        now += std::chrono::milliseconds(bytes[0] * 10);
        bytes = bytes.subspan(size);
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    gridbridge::fuzz::feed_in_pieces(
        [](gridbridge::TelegramSink sink) {
            return std::make_unique<gridbridge::D0Decoder>(std::move(sink));
        },
        gridbridge::D0Decoder::max_telegram, {data, size});
    converse({data, size});
    return 0;
}
