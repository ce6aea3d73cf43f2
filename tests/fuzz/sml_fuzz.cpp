// Any bytes, in pieces and as the payload of a good frame: no crash, finite numbers, bounded memory.
#include "drivers/stream/sml/sml.hpp"
#include "drivers/stream/sml/sml_file.hpp"
#include "tests/fuzz/check_telegram.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace gridbridge;
    fuzz::feed_in_pieces([](TelegramSink sink) { return std::make_unique<SmlDecoder>(std::move(sink)); },
                         SmlDecoder::max_frame, {data, size});
    Telegram telegram;
    if (parse_sml_file({data, size}, telegram) == SmlFileResult::Telegram) {
        fuzz::check(telegram);
    }
    return 0;
}
