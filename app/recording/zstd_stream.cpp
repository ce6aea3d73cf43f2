#include "app/recording/zstd_stream.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>
#include <string>

#include <zstd.h>

namespace gridbridge {
namespace {

constexpr int small_level = 19;
constexpr int fast_level = 3;
constexpr int packed_window = 18; // bits; a larger one finds no more in a recording
constexpr int table_bits = 17;
constexpr int chain_bits = 18;
constexpr int little_bits = 14; // of all three
constexpr int most_window = 23; // bits, of what is unpacked: the tool's own default

std::size_t checked(std::size_t result) {
    if (ZSTD_isError(result) != 0U) {
        throw std::runtime_error(std::string("zstd: ") + ZSTD_getErrorName(result));
    }
    return result;
}

} // namespace

struct ZstdPacker::Context {
    std::unique_ptr<ZSTD_CCtx, decltype(&ZSTD_freeCCtx)> zstd{ZSTD_createCCtx(), ZSTD_freeCCtx};
};

ZstdPacker::ZstdPacker(Packed how) : context_(std::make_unique<Context>()) {
    ZSTD_CCtx* const zstd = context_->zstd.get();
    if (zstd == nullptr) {
        throw std::runtime_error("zstd: no memory");
    }
    checked(ZSTD_CCtx_setParameter(zstd, ZSTD_c_compressionLevel,
                                   how == Packed::Small ? small_level : fast_level));
    const bool is_little = how == Packed::Little;
    checked(ZSTD_CCtx_setParameter(zstd, ZSTD_c_windowLog, is_little ? little_bits : packed_window));
    checked(ZSTD_CCtx_setParameter(zstd, ZSTD_c_hashLog, is_little ? little_bits : table_bits));
    checked(ZSTD_CCtx_setParameter(zstd, ZSTD_c_chainLog, is_little ? little_bits : chain_bits));
    checked(ZSTD_CCtx_setParameter(zstd, ZSTD_c_checksumFlag, 1));
}

ZstdPacker::~ZstdPacker() = default;

void ZstdPacker::pack(std::span<const std::uint8_t> bytes, bool is_last, Bytes& out) {
    std::array<std::uint8_t, 16384> part{};
    ZSTD_inBuffer from{bytes.data(), bytes.size(), 0};
    for (bool more = true; more;) {
        ZSTD_outBuffer to{part.data(), part.size(), 0};
        const std::size_t left = checked(
            ZSTD_compressStream2(context_->zstd.get(), &to, &from, is_last ? ZSTD_e_end : ZSTD_e_continue));
        out.insert(out.end(), part.begin(), part.begin() + static_cast<std::ptrdiff_t>(to.pos));
        more = is_last ? left != 0 : from.pos < from.size;
    }
}

struct ZstdUnpacker::Context {
    std::unique_ptr<ZSTD_DCtx, decltype(&ZSTD_freeDCtx)> zstd{ZSTD_createDCtx(), ZSTD_freeDCtx};
};

ZstdUnpacker::ZstdUnpacker() : context_(std::make_unique<Context>()) {
    if (!context_->zstd) {
        throw std::runtime_error("zstd: no memory");
    }
    checked(ZSTD_DCtx_setParameter(context_->zstd.get(), ZSTD_d_windowLogMax, most_window));
}

ZstdUnpacker::~ZstdUnpacker() = default;

void ZstdUnpacker::unpack(std::span<const std::uint8_t>& bytes, Bytes& out) {
    constexpr std::size_t at_once = std::size_t{128} * 1024;
    const std::size_t before = out.size();
    out.resize(before + at_once);
    ZSTD_inBuffer from{bytes.data(), bytes.size(), 0};
    ZSTD_outBuffer to{out.data() + before, at_once, 0};
    const std::size_t result = ZSTD_decompressStream(context_->zstd.get(), &to, &from);
    out.resize(before + to.pos);
    bytes = bytes.subspan(from.pos);
    checked(result);
}

Bytes packed(std::span<const std::uint8_t> bytes, Packed how) {
    Bytes out;
    ZstdPacker(how).pack(bytes, true, out);
    return out;
}

Bytes unpacked(std::span<const std::uint8_t> bytes) {
    ZstdUnpacker unpacker;
    Bytes out;
    for (std::size_t before = 1; !bytes.empty() || before != out.size();) {
        before = out.size();
        const std::size_t left = bytes.size();
        unpacker.unpack(bytes, out);
        if (!bytes.empty() && bytes.size() == left && out.size() == before) {
            throw std::runtime_error("zstd: ends in the middle");
        }
    }
    return out;
}

bool begins_zstd(std::span<const std::uint8_t> bytes) {
    constexpr std::array<std::uint8_t, 4> magic{0x28, 0xB5, 0x2F, 0xFD};
    return bytes.size() >= magic.size() && std::equal(magic.begin(), magic.end(), bytes.begin());
}

} // namespace gridbridge
