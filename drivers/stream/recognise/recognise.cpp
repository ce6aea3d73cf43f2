#include "drivers/stream/recognise/recognise.hpp"

#include "drivers/stream/d0/d0.hpp"
#include "drivers/stream/p1/parity_decoder.hpp"
#include "drivers/stream/recognise/encrypted.hpp"
#include "drivers/stream/recognise/frames.hpp"
#include "drivers/stream/recognise/inverted.hpp"
#include "drivers/stream/recognise/line_ends.hpp"
#include "drivers/stream/recognise/noise.hpp"
#include "drivers/stream/recognise/readable.hpp"
#include "drivers/stream/sml/sml.hpp"
#include "drivers/text/characters.hpp"
#include "drivers/text/hex.hpp"

#include <algorithm>
#include <numeric>

namespace gridbridge {
namespace {

constexpr std::size_t least_bytes = 16;
constexpr std::size_t some_lines = 3; // chance makes none

struct Look {
    std::span<const std::uint8_t> bytes;
    const ReadAs& read;
    MeterText text;
    std::size_t sml_starts = 0;

    std::uint64_t rejected(Rejection reason) const {
        return read.rejected.at(static_cast<std::size_t>(reason));
    }
    std::uint64_t all_rejected() const {
        return std::accumulate(read.rejected.begin(), read.rejected.end(), std::uint64_t{0});
    }
};

// Nothing at all: the next step may know. StreamKind::Nothing: there is nothing to say.
using Answer = std::optional<StreamFinding>;

Answer answer_if(bool known, StreamKind kind) {
    return known ? Answer(StreamFinding{kind}) : std::nullopt;
}

Answer look_for_frames(const Look& look) {
    constexpr std::size_t enough_framed = 3;
    const auto is_there = [](const FrameCount& count) {
        return count.good > 0 || count.framed >= enough_framed;
    };
    if (is_there(count_hdlc(look.bytes))) {
        return StreamFinding{StreamKind::Hdlc};
    }
    return answer_if(is_there(count_mbus(look.bytes)), StreamKind::MBus);
}

Answer look_for_cipher(const Look& look) {
    if (const auto kind = judge_encrypted(look.bytes, look.read.keys)) {
        return StreamFinding{*kind};
    }
    return answer_if(has_provider_cipher(look.bytes), StreamKind::ProviderCipher);
}

Answer look_for_services(const Look& look) {
    const StreamKind kind = look_for_service(look.bytes);
    return answer_if(kind != StreamKind::Nothing, kind);
}

struct Decoded {
    std::size_t telegrams = 0;
    std::size_t of_p1 = 0; // by their objects
    std::size_t checked = 0;
};

template <typename Decoder>
Decoded decode(std::span<const std::uint8_t> bytes) {
    Decoded found;
    Decoder decoder([&](const Telegram& telegram, std::span<const std::uint8_t>) {
        ++found.telegrams;
        found.of_p1 += has_p1_objects(telegram) ? 1U : 0U;
        found.checked += telegram.has_checksum ? 1U : 0U;
    });
    decoder.feed(bytes);
    decoder.end_of_stream();
    return found;
}

bool is_sml(const Look& look) {
    return look.sml_starts >= 2 || decode<SmlDecoder>(look.bytes).telegrams > 0;
}

bool is_p1(const Look& look) {
    return look.text.p1_ends > 0 || look.text.p1_lines > 0 || decode<ParityDecoder>(look.bytes).of_p1 > 0;
}

// D0Decoder also takes damaged P1 telegrams: one without checksum is no proof.
bool is_d0_not_p1(const Look& look) {
    const Decoded found = decode<D0Decoder>(look.bytes);
    return found.of_p1 == 0 && look.text.p1_ends == 0 && look.text.p1_lines == 0 &&
           (found.checked > 0 || found.telegrams >= 2 || (found.telegrams > 0 && look.all_rejected() == 0));
}

// Another dialect than that of the driver.
Answer look_for_dialects(const Look& look) {
    const DriverKind own = look.read.driver;
    const bool has_lines = look.text.lines >= some_lines;
    if (own != DriverKind::Sml && is_sml(look)) {
        return StreamFinding{StreamKind::Sml};
    }
    if (own == DriverKind::Sml && has_lines) {
        return StreamFinding{is_p1(look) ? StreamKind::P1 : StreamKind::D0};
    }
    if (own == DriverKind::D0 && has_lines && look.text.p1_ends > 0) {
        return StreamFinding{StreamKind::P1};
    }
    return answer_if(own == DriverKind::P1 && has_lines && is_d0_not_p1(look), StreamKind::D0);
}

bool is_own_text(const Look& look) {
    if (look.read.driver == DriverKind::Sml) {
        return look.sml_starts > 0 || has_sml_parts(look.bytes);
    }
    return look.text.lines > 0 || look.text.p1_ends > 0 || look.text.has_header;
}

std::size_t count_changed_line_ends(const Look& look) {
    if (look.text.lines < some_lines) {
        return 0;
    }
    return look.read.driver == DriverKind::P1 ? count_changed_line_ends_of_p1(look.bytes)
                                              : count_changed_line_ends_of_d0(look.bytes);
}

// The dialect of the driver, damaged or not at its end.
Answer look_for_damage(const Look& look) {
    constexpr std::uint64_t enough = 2;
    constexpr std::uint64_t enough_of_all = 3;
    if (!is_own_text(look)) {
        return std::nullopt;
    }
    if (const std::size_t mended = count_changed_line_ends(look); mended > 0) {
        return StreamFinding{StreamKind::LineEnds, mended};
    }
    if (const std::uint64_t bad = look.rejected(Rejection::BadChecksum); bad >= enough) {
        return StreamFinding{StreamKind::BadChecksum, bad};
    }
    if (const std::uint64_t bare = look.rejected(Rejection::NoChecksum); bare >= enough) {
        return StreamFinding{StreamKind::NoChecksum, bare};
    }
    const bool hopeless = look.all_rejected() >= enough_of_all || look.bytes.size() >= recognised_bytes;
    return StreamFinding{hopeless ? StreamKind::Damaged : StreamKind::Nothing};
}

Answer look_for_inversion(const Look& look) {
    return answer_if(is_inverted(look.bytes), StreamKind::Inverted);
}

Answer give_up(const Look& look) {
    constexpr std::size_t sample = 16;
    return StreamFinding{is_noise(look.bytes) ? StreamKind::Noise : StreamKind::Unknown, 0,
                         hex_text(look.bytes.first(std::min(look.bytes.size(), sample)), HexCase::Upper)};
}

// What proves most comes first.
constexpr std::array steps{
    look_for_frames,    look_for_cipher, look_for_services, look_for_dialects, look_for_damage,
    look_for_inversion, give_up};

} // namespace

StreamFinding recognise(std::span<const std::uint8_t> bytes, const ReadAs& read) {
    if (bytes.size() < least_bytes) {
        return {};
    }
    const Look look{bytes, read, look_for_meter_text(bytes), count_sml_starts(bytes)};
    for (const auto step : steps) {
        if (const auto answer = step(look)) {
            return *answer;
        }
    }
    return {};
}

DriverKind likely_driver(std::span<const std::uint8_t> bytes) {
    if (count_sml_starts(bytes) > 0) {
        return DriverKind::Sml;
    }
    const MeterText text = look_for_meter_text(bytes);
    const bool is_d0 = text.lines > 0 && text.p1_ends == 0 && text.p1_lines == 0;
    return is_d0 ? DriverKind::D0 : DriverKind::P1;
}

bool has_p1_objects(const Telegram& telegram) {
    constexpr std::array marks{Obis{1, 3, 0, 2, 8},   Obis{0, 0, 96, 1, 1}, Obis{0, 0, 96, 14, 0},
                               Obis{0, 0, 96, 13, 0}, Obis{0, 0, 1, 0, 0},  Obis{0, 0, 17, 0, 0}};
    return std::any_of(telegram.objects.begin(), telegram.objects.end(), [&](const ObisObject& object) {
        return std::find(marks.begin(), marks.end(), object.code) != marks.end();
    });
}

} // namespace gridbridge
