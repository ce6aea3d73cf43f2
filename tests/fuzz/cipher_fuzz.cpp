// Any bytes as a stream of encrypted frames, and as what a frame deciphers to: no crash, bounded memory,
// every byte accounted for.
#include "drivers/stream/cipher/cipher_frame.hpp"
#include "tests/fuzz/check_telegram.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace gridbridge;
    const CipherKeys keys{*parse_cipher_key("000102030405060708090a0b0c0d0e0f"),
                          size % 2 == 0 ? std::nullopt
                                        : parse_cipher_key("00112233445566778899aabbccddeeff")};
    fuzz::feed_in_pieces(
        [&](TelegramSink sink) { return std::make_unique<CipherDecoder>(std::move(sink), keys); },
        CipherDecoder::max_frame, {data, size});
    return 0;
}
