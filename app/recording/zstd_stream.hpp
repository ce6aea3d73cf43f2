// zstd in pieces, within bounded memory (RFC 8878). One thread each.
#pragma once

#include "app/recording/record.hpp"

#include <memory>
#include <span>

namespace gridbridge {

enum class Packed : std::uint8_t {
    Small, // for what is kept for long: about 2 MB in a second
    Fast,  // for what somebody waits for: 100 times as fast, a third larger
    Light, // for what is in memory: as fast, little memory
    Little // for some kB at once: as fast, with tables of some 100 kB
};

// Its tables have about 5 MB, of Fast 2 MB, of Light 0.5 MB.
class ZstdPacker {
  public:
    explicit ZstdPacker(Packed how = Packed::Small);
    ~ZstdPacker();
    ZstdPacker(const ZstdPacker&) = delete;
    ZstdPacker& operator=(const ZstdPacker&) = delete;

    // Appends to `out` what is ready; `is_last`: everything. Throws std::runtime_error.
    void pack(std::span<const std::uint8_t> bytes, bool is_last, Bytes& out);

  private:
    struct Context;
    std::unique_ptr<Context> context_;
};

class ZstdUnpacker {
  public:
    ZstdUnpacker();
    ~ZstdUnpacker();
    ZstdUnpacker(const ZstdUnpacker&) = delete;
    ZstdUnpacker& operator=(const ZstdUnpacker&) = delete;

    // Takes some of `bytes` and appends at most 128 kB to `out`. What it took is removed from `bytes`; when
    // that is nothing and nothing was appended, more bytes are needed. Throws std::runtime_error (reason):
    // damaged, or made to need more than 8 MB of memory.
    void unpack(std::span<const std::uint8_t>& bytes, Bytes& out);

  private:
    struct Context;
    std::unique_ptr<Context> context_;
};

// All of it at once. Throw std::runtime_error; unpacked() for what was packed here only, it has no limit.
Bytes packed(std::span<const std::uint8_t> bytes, Packed how);
Bytes unpacked(std::span<const std::uint8_t> bytes);

bool begins_zstd(std::span<const std::uint8_t> bytes);

} // namespace gridbridge
