// Any bytes, in pieces: no crash, finite numbers, bounded memory, every byte accounted for.
#include "drivers/stream/p1/p1.hpp"
#include "tests/fuzz/check_telegram.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    gridbridge::P1Options options;
    options.accept_without_crc = size % 2 != 0;
    gridbridge::fuzz::feed_in_pieces(
        [&](gridbridge::TelegramSink sink) {
            return std::make_unique<gridbridge::P1Decoder>(std::move(sink), options);
        },
        gridbridge::P1Decoder::max_telegram, {data, size});
    return 0;
}
