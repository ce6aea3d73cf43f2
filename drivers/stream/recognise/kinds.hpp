// What bytes may be that give no telegram, and what its owner can do about each. Constant, any thread.
#pragma once

#include "drivers/meter/driver_table.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace gridbridge {

enum class StreamKind : std::uint8_t {
    Nothing, // nothing to say: too few bytes, or a readout that may still end well
    Hdlc,
    MBus,
    Encrypted,
    DlmsInside,
    OtherInside,
    WrongAuthKey,
    WrongKey,
    ProviderCipher,
    Web,
    Login,
    Modem,
    Echo,
    P1,
    Sml,
    D0,
    LineEnds,
    BadChecksum,
    NoChecksum,
    Damaged,
    Inverted,
    Noise,
    Unknown,
    Count
};

struct StreamKindRow {
    StreamKind kind;
    std::string_view what;                           // a number stands in front of it when it is counted
    std::string_view what_to_do = {};                // empty: the driver says it
    std::optional<DriverKind> reader = std::nullopt; // the driver that reads it
    bool counted = false;                            // how many telegrams is said
    bool guessed = false;                            // told by what it is not
};

// In the order of StreamKind.
inline constexpr std::array<StreamKindRow, static_cast<std::size_t>(StreamKind::Count)> stream_kind_table{{
    {StreamKind::Nothing, ""},
    {StreamKind::Hdlc, "DLMS in HDLC frames (7E A0)",
     "gridbridge does not read DLMS: ask the grid operator to switch the port to P1 text"},
    {StreamKind::MBus,
     "frames of the wired M-Bus (68 .. 68), as Austrian, Swiss and Nordic meters send DLMS in them",
     "this is no P1 port, and gridbridge does not read DLMS: ask the grid operator for P1 text"},
    {StreamKind::Encrypted, "the telegrams are encrypted",
     "set key (or key_file), for some meters also auth_key, to the keys of the grid operator",
     DriverKind::P1},
    {StreamKind::DlmsInside, "the key is right, but what it opens is DLMS and no P1 text",
     "gridbridge does not read DLMS: ask the grid operator to switch the port to P1 text"},
    {StreamKind::OtherInside, "the key is right, but what it opens is no P1 telegram",
     "please report the meter, with its type"},
    {StreamKind::WrongAuthKey, "the key is right, but auth_key is missing or that of another meter",
     "set auth_key to the authentication key of the grid operator"},
    {StreamKind::WrongKey, "the encrypted telegrams cannot be decrypted",
     "are key and auth_key those of this meter?"},
    {StreamKind::ProviderCipher,
     "a P1 header with an encrypted block behind it, as Elgama meters send it: encrypted in the provider's "
     "own way",
     "gridbridge has no key for it: ask the grid operator to switch the encryption off"},
    {StreamKind::Web, "text of a web server (HTTP)",
     "use the port of the relay or bridge that passes on the raw bytes of the meter"},
    {StreamKind::Login, "a terminal service (telnet or SSH)",
     "set the port of the bridge to raw TCP, without telnet"},
    {StreamKind::Modem, "text of a modem (AT, OK, ERROR)",
     "the bytes come from the modem and not from the meter: use another port, or switch it to data mode"},
    {StreamKind::Echo, "only the request itself comes back, and no answer of the meter",
     "is the optical head where the meter's diodes are? For a meter that sends by itself: mode=push"},
    {StreamKind::P1, "telegrams of a P1 port", "", DriverKind::P1},
    {StreamKind::Sml, "SML telegrams", "", DriverKind::Sml},
    {StreamKind::D0, "IEC 62056-21 readouts in ASCII", "", DriverKind::D0},
    {StreamKind::LineEnds, "the line ends were changed on the way: with CR LF the checksum is right",
     "set the bridge to raw (no CR or LF translation), as the checksum is the only proof of a telegram",
     std::nullopt, true},
    {StreamKind::BadChecksum, "every telegram has a wrong checksum",
     "bytes are lost or changed on the way: check cable and bridge (raw, no flow control, no CR or LF "
     "translation)",
     std::nullopt, true},
    {StreamKind::NoChecksum, "every telegram lacks the checksum that its version has",
     "if a relay strips it, set accept_without_crc", std::nullopt, true},
    {StreamKind::Damaged, "text of a meter, but no telegram is whole",
     "bytes are lost or changed on the way: check cable and bridge (raw, no flow control)"},
    {StreamKind::Inverted, "the signal is inverted",
     "use a cable or head that inverts it, or set the adapter to invert its input"},
    {StreamKind::Noise, "noise, or a line of another speed or parity",
     "check cable and position of the head, baud and parity, and whether the signal is inverted",
     std::nullopt, false, true},
    {StreamKind::Unknown, "unknown bytes", "is this the meter's port, and does the driver fit it?",
     std::nullopt, false, true},
}};

static_assert(
    [] {
        for (std::size_t i = 0; i < stream_kind_table.size(); ++i) {
            if (stream_kind_table[i].kind != static_cast<StreamKind>(i)) {
                return false;
            }
        }
        return true;
    }(),
    "rows stand in the order of StreamKind");

constexpr const StreamKindRow& stream_kind_row(StreamKind kind) {
    return stream_kind_table[static_cast<std::size_t>(kind)];
}

struct StreamFinding {
    StreamKind kind = StreamKind::Nothing;
    std::uint64_t count = 0; // telegrams, of a counted kind
    std::string sample = {}; // of unknown bytes: the first 16 in hexadecimal
    bool operator==(const StreamFinding&) const = default;
};

// One line for people; empty for Nothing. `driver`: the one that reads now. `tried`: line settings at which
// was listened, empty when there are no others.
std::string finding_text(const StreamFinding& finding, DriverKind driver, std::string_view tried = {});

} // namespace gridbridge
