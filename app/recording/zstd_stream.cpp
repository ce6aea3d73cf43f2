#include "app/recording/zstd_stream.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <stdexcept>
#include <string>

#include <zstd.h>

namespace gridbridge {
namespace {

struct Tables { // the last three in bits
    Packed how;
    int level, window, hash, chain;
};

// A window of more than 18 bits finds no more in a recording.
constexpr std::array<Tables, 4> tables{{{Packed::Small, 19, 18, 17, 18},
                                        {Packed::Fast, 3, 18, 17, 18},
                                        {Packed::Light, 3, 16, 14, 14},
                                        {Packed::Little, 3, 14, 14, 14}}};
constexpr int most_window = 23; // bits, of what is unpacked: the tool's own default

const Tables& tables_of(Packed how) {
    return *std::find_if(tables.begin(), tables.end(), [how](const Tables& one) { return one.how == how; });
}

std::size_t checked(std::size_t result) {
    if (ZSTD_isError(result) != 0U) {
        throw std::runtime_error(std::string("zstd: ") + ZSTD_getErrorName(result));
    }
    return result;
}

// Of one frame that tells it, as one that was packed at once does.
std::optional<std::size_t> whole_size(std::span<const std::uint8_t> bytes) {
    const auto size = ZSTD_getFrameContentSize(bytes.data(), bytes.size());
    const bool is_known = size != ZSTD_CONTENTSIZE_UNKNOWN && size != ZSTD_CONTENTSIZE_ERROR;
    if (!is_known || ZSTD_findFrameCompressedSize(bytes.data(), bytes.size()) != bytes.size()) {
        return std::nullopt;
    }
    return static_cast<std::size_t>(size);
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
    const Tables& chosen = tables_of(how);
    checked(ZSTD_CCtx_setParameter(zstd, ZSTD_c_compressionLevel, chosen.level));
    checked(ZSTD_CCtx_setParameter(zstd, ZSTD_c_windowLog, chosen.window));
    checked(ZSTD_CCtx_setParameter(zstd, ZSTD_c_hashLog, chosen.hash));
    checked(ZSTD_CCtx_setParameter(zstd, ZSTD_c_chainLog, chosen.chain));
    checked(ZSTD_CCtx_setParameter(zstd, ZSTD_c_checksumFlag, 1));
}

ZstdPacker::~ZstdPacker() = default;

void ZstdPacker::pack(std::span<const std::uint8_t> bytes, bool is_last, Bytes& out) {
    constexpr std::size_t at_once = 4096; // not on the stack: each thread keeps what its stack has had
    ZSTD_inBuffer from{bytes.data(), bytes.size(), 0};
    for (bool more = true; more;) {
        const std::size_t before = out.size();
        out.resize(before + at_once);
        ZSTD_outBuffer to{out.data() + before, at_once, 0};
        const std::size_t left =
            ZSTD_compressStream2(context_->zstd.get(), &to, &from, is_last ? ZSTD_e_end : ZSTD_e_continue);
        out.resize(before + to.pos);
        checked(left);
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
    if (const auto size = whole_size(bytes)) {
        Bytes out(*size);
        checked(ZSTD_decompress(out.data(), out.size(), bytes.data(), bytes.size()));
        return out;
    }
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
