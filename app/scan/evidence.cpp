#include "app/scan/evidence.hpp"

#include "drivers/modbus/line/frame.hpp"
#include "drivers/stream/recognise/recognise.hpp"
#include "drivers/text/characters.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace gridbridge {
namespace {

constexpr std::size_t stray_bytes = 3; // opening a port and line turn-around make some

bool contains(std::span<const std::uint8_t> bytes, std::span<const std::uint8_t> pattern) {
    return std::search(bytes.begin(), bytes.end(), pattern.begin(), pattern.end()) != bytes.end();
}

bool is_sml(std::span<const std::uint8_t> bytes) {
    constexpr std::array<std::uint8_t, 8> start{0x1B, 0x1B, 0x1B, 0x1B, 1, 1, 1, 1};
    constexpr std::array<std::uint8_t, 5> entry{0x77, 0x07, 0x01, 0x00, 0x01}; // list entry 1-0:1...
    return contains(bytes, start) || contains(bytes, entry);
}

// Of P1 or D0. Also 7E1 received as 8N1: the parity is in the top bit then.
bool is_text(std::span<const std::uint8_t> bytes) {
    std::string text;
    for (const std::uint8_t byte : bytes) {
        text += static_cast<char>(byte & 0x7F);
    }
    const auto printable = std::count_if(
        text.begin(), text.end(), [](char c) { return (c >= ' ' && c <= '~') || c == '\r' || c == '\n'; });
    return text.size() >= 16 && printable * 20 >= std::ssize(text) * 19 &&
           text.find(':') != std::string::npos && text.find('(') != std::string::npos;
}

// A frame with a good checksum: a request or its answer of common length.
bool is_modbus(std::span<const std::uint8_t> bytes) {
    constexpr std::size_t shortest = 5;
    constexpr std::size_t longest = 64;
    for (std::size_t begin = 0; begin + shortest <= bytes.size(); ++begin) {
        const std::uint8_t function = bytes[begin + 1] & 0x7F;
        if (bytes[begin] == 0 || bytes[begin] > 247 || function == 0 || function > 23) {
            continue;
        }
        const std::size_t most = std::min(longest, bytes.size() - begin);
        for (std::size_t length = shortest; length <= most; ++length) {
            const std::uint16_t crc = modbus_crc(bytes.subspan(begin, length - 2));
            if (bytes[begin + length - 2] == (crc & 0xFF) && bytes[begin + length - 1] == crc >> 8) {
                return true;
            }
        }
    }
    return false;
}

std::string list_of(const std::vector<LineSetting>& settings) {
    std::string text;
    for (const LineSetting& setting : settings) {
        text += (text.empty() ? "" : ", ") + setting_text(setting);
    }
    return text;
}

std::string untried(const ScanRequest& request) {
    const auto has = [](const auto& list, auto value) {
        return std::find(list.begin(), list.end(), value) != list.end();
    };
    std::string bauds;
    for (const int baud : {9600, 19200, 38400, 57600, 115200, 4800}) {
        if (!has(request.bauds, baud)) {
            bauds += (bauds.empty() ? "" : ",") + std::to_string(baud);
        }
    }
    std::string text = bauds.empty() ? "" : "--bauds " + bauds;
    for (const auto& [parity, name] :
         {std::pair(Parity::None, "none"), std::pair(Parity::Even, "even"), std::pair(Parity::Odd, "odd")}) {
        if (!has(request.parities, parity)) {
            text += (text.empty() ? "" : " or ") + std::string("--parities ") + name;
        }
    }
    return text.empty() ? "" : " (not tried yet: " + text + ")";
}

std::string serial_uri(DriverKind driver, const ScanTarget& target) {
    return std::string(driver_row(driver).name) + "+serial://" + target_text(target);
}

std::string asked_uri(const ScanTarget& target) {
    return serial_uri(DriverKind::D0, target) + "?mode=request";
}

std::string heard_text(Heard heard, const ScanTarget& target) {
    switch (heard) {
    case Heard::P1:
        return "the telegrams of a P1 port arrive unasked: this is not a Modbus line; use " +
               serial_uri(DriverKind::P1, target);
    case Heard::Sml:
        return "SML telegrams arrive unasked: this is an optical head, not a Modbus line; use " +
               serial_uri(DriverKind::Sml, target);
    case Heard::D0:
        return "readouts of IEC 62056-21 arrive unasked: this is an optical head, not a Modbus line; use " +
               serial_uri(DriverKind::D0, target);
    case Heard::D0Asked:
        return "a meter of IEC 62056-21 answers when it is asked: this is an optical head, not a Modbus "
               "line; use " +
               asked_uri(target);
    case Heard::Modbus:
        return "Modbus frames of another master are on the line: the bus is in service; stop that master "
               "first";
    case Heard::Unknown:
        return "bytes arrive unasked: another master on the bus, or a meter that sends by itself (P1, SML, "
               "D0) "
               "at another speed, or noise on a line without termination and bias; disconnect the other "
               "sender, or "
               "try p1+serial:// or sml+serial://";
    case Heard::Nothing:
        break;
    }
    return {};
}

std::string silence_text(const ScanTarget& target, const ScanRequest& request) {
    const std::string units = request.units.size() >= 247 ? "" : "; another unit id (--units 1-247)";
    if (target.is_port()) {
        return "absolute silence, not one byte was received: A and B swapped (exchange the two wires), meter "
               "without power, wire not connected, no termination (120 ohm at both ends)" +
               units;
    }
    return "it accepts connections but answers neither Modbus TCP nor RTU over TCP: speed, parity and wiring "
           "behind a gateway, another service on this port" +
           units;
}

} // namespace

Heard classify(std::span<const std::uint8_t> bytes) {
    if (bytes.size() <= stray_bytes) {
        return Heard::Nothing;
    }
    if (is_sml(bytes)) {
        return Heard::Sml;
    }
    if (is_text(bytes)) {
        return likely_driver(bytes) == DriverKind::D0 ? Heard::D0 : Heard::P1;
    }
    return is_modbus(bytes) ? Heard::Modbus : Heard::Unknown;
}

bool has_identification(std::span<const std::uint8_t> bytes) {
    std::string text;
    for (const std::uint8_t byte : bytes) {
        text += static_cast<char>(byte & 0x7F);
    }
    // Slash, manufacturer, speed, name.
    for (auto at = text.find('/'); at != std::string::npos; at = text.find('/', at + 1)) {
        const std::string line = text.substr(at + 1, text.find("\r\n", at) - at - 1);
        if (at + 1 + line.size() < text.size() && line.size() >= 4 &&
            std::all_of(line.begin(), line.begin() + 3, is_letter)) {
            return true;
        }
    }
    return false;
}

std::optional<DriverKind> stream_of(Heard heard) {
    switch (heard) {
    case Heard::P1:
        return DriverKind::P1;
    case Heard::Sml:
        return DriverKind::Sml;
    case Heard::D0:
    case Heard::D0Asked:
        return DriverKind::D0;
    default:
        return std::nullopt;
    }
}

std::string stream_uri(const LineEvidence& evidence, const ScanTarget& target) {
    if (evidence.heard == Heard::D0Asked) {
        return asked_uri(target);
    }
    const std::optional<DriverKind> driver = stream_of(evidence.heard);
    return driver && target.is_port() ? serial_uri(*driver, target) : std::string();
}

bool is_silent(const LineEvidence& evidence) {
    return evidence.heard == Heard::Nothing && evidence.garbled.empty() &&
           (evidence.echo || evidence.unasked_bytes <= stray_bytes);
}

bool is_in_service(Heard heard) {
    return heard == Heard::Modbus || heard == Heard::Unknown;
}

std::vector<std::string> hints(const LineEvidence& evidence, const ScanTarget& target,
                               const ScanRequest& request) {
    std::vector<std::string> texts;
    if (evidence.echo) {
        texts.emplace_back(
            "the requests come back as they were sent: the adapter echoes, and no meter answers behind the "
            "echo; is the bus connected, or the adapter set to RS-422?");
    }
    if (evidence.heard != Heard::Nothing) {
        texts.push_back(heard_text(evidence.heard, target));
    } else if (!evidence.echo && !evidence.garbled.empty()) {
        texts.push_back("something answers at " + list_of(evidence.garbled) +
                        ", but not readably: wrong speed or parity" + untried(request) +
                        ", two units with the same id, or a disturbed line (termination, ground)");
    } else if (!evidence.echo && evidence.unasked_bytes > stray_bytes) {
        texts.push_back(heard_text(Heard::Unknown, target));
    }
    if (evidence.closed) {
        texts.emplace_back(
            "the other side closes the connection when it is asked: another service listens on "
            "this port, or all its Modbus connections are taken");
    }
    if (texts.empty()) {
        texts.push_back(silence_text(target, request));
    }
    return texts;
}

} // namespace gridbridge
