#include "app/recording/recorded_packet.hpp"

#include "app/recording/byte_order.hpp"
#include "drivers/text/crc16.hpp"

#include <algorithm>
#include <array>

namespace gridbridge {
namespace {

using Address = std::array<std::uint8_t, 4>;

// RFC 791 and RFC 9293: headers without options.
constexpr std::size_t ip_header = 20;
constexpr std::size_t tcp_header = 20;
constexpr std::uint8_t ip_version_and_words = 0x45;
constexpr std::uint8_t tcp_protocol = 6;
constexpr std::uint16_t dont_fragment = 0x4000;
constexpr std::uint8_t time_to_live = 64;
constexpr std::uint16_t tcp_words_push_ack = 0x5018;
constexpr std::uint16_t tcp_window = 0xFFFF;
constexpr std::uint16_t modbus_port = 502;
constexpr std::uint16_t sml_port = 7259;
constexpr std::uint32_t port_type_tcp = 2;

// Tags of an exported PDU: wireshark, wsutil/exported_pdu_tlvs.h.
enum class Tag : std::uint16_t {
    End = 0,
    DissectorName = 12,
    SourceIpv4 = 20,
    DestinationIpv4 = 21,
    PortType = 24,
    SourcePort = 25,
    DestinationPort = 26,
    Protocol = 33
};

constexpr Address our_address{192, 0, 2, 1};

Address address_of(unsigned connection) {
    return {192, 0, 2, static_cast<std::uint8_t>(10 + connection % 240)};
}

template <typename Part>
void append(Bytes& out, const Part& part) {
    out.insert(out.end(), part.begin(), part.end());
}

// RFC 1071.
std::uint16_t checksum_of(std::span<const std::uint8_t> header) {
    std::uint32_t sum = 0;
    for (std::size_t at = 0; at + 1 < header.size(); at += 2) {
        sum += big_at<std::uint16_t>(header, at);
    }
    sum = (sum & 0xFFFFU) + (sum >> 16U);
    sum = (sum & 0xFFFFU) + (sum >> 16U);
    return static_cast<std::uint16_t>(~sum);
}

void append_tag(Bytes& out, Tag tag, std::span<const std::uint8_t> value) {
    const std::size_t size = (value.size() + 3) / 4 * 4;
    append_big(out, static_cast<std::uint16_t>(tag));
    append_big(out, static_cast<std::uint16_t>(size));
    append(out, value);
    out.resize(out.size() + size - value.size());
}

void append_tag(Bytes& out, Tag tag, std::string_view text) {
    append_tag(out, tag, std::span(reinterpret_cast<const std::uint8_t*>(text.data()), text.size()));
}

void append_number(Bytes& out, Tag tag, std::uint32_t number) {
    Bytes value;
    append_big(value, number);
    append_tag(out, tag, value);
}

std::string_view dissector_of(const RecordedConnection& connection) {
    if (connection.dialect != WireDialect::Modbus) {
        return "data-text-lines";
    }
    return connection.kind == WireKind::ModbusTcp ? "mbtcp" : "mbrtu";
}

// Of the Modbus TCP header: the length of what follows its first six bytes.
bool is_tcp_frame(std::span<const std::uint8_t> bytes) {
    return bytes.size() >= 8 && bytes.size() == std::size_t{6} + big_at<std::uint16_t>(bytes, 4);
}

// 1B 1B 1B 1B 1A, fill bytes, checksum.
bool ends_sml(std::span<const std::uint8_t> bytes) {
    constexpr std::array<std::uint8_t, 5> end{0x1B, 0x1B, 0x1B, 0x1B, 0x1A};
    return bytes.size() >= 16 && std::equal(end.begin(), end.end(), bytes.end() - 8);
}

// "!" with or without a checksum behind it, and the end of its line.
bool ends_telegram(std::span<const std::uint8_t> bytes) {
    constexpr std::size_t longest = 7; // !ABCD, CR, LF
    const auto last = bytes.last(std::min(bytes.size(), longest));
    return !last.empty() && last.back() == '\n' && std::find(last.begin(), last.end(), '!') != last.end();
}

} // namespace

pcapng::LinkType link_of(const RecordedConnection& connection) {
    return connection.dialect == WireDialect::Sml ? pcapng::LinkType::Ipv4 : pcapng::LinkType::UpperPdu;
}

bool is_whole(const RecordedConnection& connection, std::span<const std::uint8_t> bytes) {
    switch (connection.dialect) {
    case WireDialect::Modbus:
        return connection.kind == WireKind::ModbusTcp ? is_tcp_frame(bytes)
                                                      : bytes.size() >= 4 && crc16_modbus(bytes) == 0;
    case WireDialect::Sml:
        return ends_sml(bytes);
    case WireDialect::P1:
    case WireDialect::D0:
        break;
    }
    return ends_telegram(bytes);
}

Bytes tcp_packet(const RecordedConnection& connection, TcpNumbers& numbers, bool is_sent,
                 std::span<const std::uint8_t> bytes) {
    const Address meter = address_of(connection.number);
    Bytes out;
    out.reserve(ip_header + tcp_header + bytes.size());
    out.push_back(ip_version_and_words);
    out.push_back(0);
    append_big(out, static_cast<std::uint16_t>(ip_header + tcp_header + bytes.size()));
    append_big(out, std::uint16_t{0}); // nothing is fragmented: no identification (RFC 6864)
    append_big(out, dont_fragment);
    out.push_back(time_to_live);
    out.push_back(tcp_protocol);
    append_big(out, std::uint16_t{0});
    append(out, is_sent ? our_address : meter);
    append(out, is_sent ? meter : our_address);
    const std::uint16_t sum = checksum_of(out);
    out[10] = static_cast<std::uint8_t>(sum >> 8U);
    out[11] = static_cast<std::uint8_t>(sum & 0xFFU);
    std::uint32_t& mine = is_sent ? numbers.sent : numbers.received;
    append_big(out, is_sent ? numbers.client_port : sml_port);
    append_big(out, is_sent ? sml_port : numbers.client_port);
    append_big(out, mine);
    append_big(out, is_sent ? numbers.received : numbers.sent);
    append_big(out, tcp_words_push_ack);
    append_big(out, tcp_window);
    append_big(out, std::uint16_t{0}); // no checksum, as where a network card makes it: it is half noise
    append_big(out, std::uint16_t{0});
    append(out, bytes);
    mine += static_cast<std::uint32_t>(bytes.size());
    return out;
}

std::optional<std::span<const std::uint8_t>> tcp_payload(std::span<const std::uint8_t> packet) {
    if (packet.size() < ip_header + tcp_header || packet[0] != ip_version_and_words ||
        packet[9] != tcp_protocol || packet[ip_header + 12] >> 4U != tcp_header / 4) {
        return std::nullopt;
    }
    return packet.subspan(ip_header + tcp_header);
}

Bytes dialect_packet(const RecordedConnection& connection, const TcpNumbers& numbers, bool is_sent,
                     std::span<const std::uint8_t> bytes) {
    const Address meter = address_of(connection.number);
    Bytes out;
    append_tag(out, Tag::DissectorName, dissector_of(connection));
    append_tag(out, Tag::SourceIpv4, is_sent ? our_address : meter);
    append_tag(out, Tag::DestinationIpv4, is_sent ? meter : our_address);
    if (connection.kind == WireKind::ModbusTcp) {
        append_number(out, Tag::PortType, port_type_tcp);
        append_number(out, Tag::SourcePort, is_sent ? numbers.client_port : modbus_port);
        append_number(out, Tag::DestinationPort, is_sent ? modbus_port : numbers.client_port);
    }
    append_tag(out, Tag::End, std::string_view());
    append(out, bytes);
    return out;
}

Bytes event_packet(std::string_view info, std::string_view json) {
    Bytes out;
    append_tag(out, Tag::DissectorName, "json");
    if (!info.empty()) {
        append_tag(out, Tag::Protocol, info);
    }
    append_tag(out, Tag::End, std::string_view());
    append(out, json);
    return out;
}

std::optional<std::span<const std::uint8_t>> upper_payload(std::span<const std::uint8_t> packet) {
    while (packet.size() >= 4) {
        const auto tag = big_at<std::uint16_t>(packet, 0);
        const std::size_t size = big_at<std::uint16_t>(packet, 2);
        if (packet.size() - 4 < size) {
            break;
        }
        packet = packet.subspan(4 + size);
        if (tag == static_cast<std::uint16_t>(Tag::End)) {
            return packet;
        }
    }
    return std::nullopt;
}

} // namespace gridbridge
