// Bytes of every kind, made here.
#pragma once

#include "app/simulate/d0_telegram.hpp"
#include "app/simulate/p1_telegram.hpp"
#include "app/simulate/sml_telegram.hpp"
#include "tests/drivers/stream/cipher/encrypt.hpp"
#include "tests/drivers/stream/recognise/uart.hpp"

#include <bit>
#include <numeric>

namespace gridbridge::test::bytes {

inline const std::string key_text = "000102030405060708090a0b0c0d0e0f";
inline const std::string other_key_text = "ff0102030405060708090a0b0c0d0e0f";
inline const std::string auth_text = "ffeeddccbbaa99887766554433221100";
inline const CipherKey key = parse_cipher_key(key_text).value();
inline const CipherKey own_auth = parse_cipher_key(auth_text).value();
inline const CipherKey public_auth = parse_cipher_key("00112233445566778899AABBCCDDEEFF").value();

inline void append(Bytes& to, const Bytes& more) {
    to.insert(to.end(), more.begin(), more.end());
}

// `make` of 1 to `count` after each other.
template <typename Make>
Bytes repeated(std::size_t count, Make make) {
    Bytes all;
    for (std::size_t i = 1; i <= count; ++i) {
        append(all, make(i));
    }
    return all;
}

inline Bytes p1(std::size_t count = 3) {
    return repeated(count,
                    [](auto i) { return bytes_of(p1_telegram(simulate_values(static_cast<double>(i)))); });
}
inline Bytes dsmr3(std::size_t count = 3) {
    return repeated(count, [](auto i) {
        return bytes_of(p1_telegram(simulate_values(static_cast<double>(i)), {.has_crc = false}));
    });
}
inline Bytes sml(std::size_t count = 3) {
    return repeated(count, [](auto i) { return sml_telegram(simulate_values(static_cast<double>(i))); });
}
inline Bytes d0(std::size_t count = 3, bool has_checksum = true) {
    return repeated(count, [&](auto i) {
        return bytes_of(d0_telegram(simulate_values(static_cast<double>(i)), {.has_checksum = has_checksum}));
    });
}

inline Bytes with_even_parity(Bytes bytes) {
    for (std::uint8_t& byte : bytes) {
        byte = static_cast<std::uint8_t>(byte | (std::popcount(byte) % 2 == 0 ? 0U : 0x80U));
    }
    return bytes;
}

// What a port of 7E1 hands on: a byte with a parity error is 00.
inline Bytes through_7e1(Bytes bytes) {
    for (std::uint8_t& byte : bytes) {
        byte = std::popcount(byte) % 2 == 0 ? static_cast<std::uint8_t>(byte & 0x7FU) : std::uint8_t{0};
    }
    return bytes;
}

inline std::uint16_t bitwise_x25(std::span<const std::uint8_t> bytes) {
    unsigned crc = 0xFFFF;
    for (const std::uint8_t byte : bytes) {
        crc ^= byte;
        for (int bit = 0; bit < 8; ++bit) {
            crc = (crc & 1U) != 0 ? crc >> 1U ^ 0x8408U : crc >> 1U;
        }
    }
    return static_cast<std::uint16_t>(crc ^ 0xFFFFU);
}

// A data notification as Swedish and Austrian meters push it: time, a structure of codes and values.
inline Bytes cosem() {
    return from_hex("0f400000000c07e80101010c1e0000ffc480"
                    "020309060100010700ff0600000d0502020f00161b");
}

inline Bytes hdlc_frame(const Bytes& apdu) {
    Bytes body{0xA0, 0, 0x41, 0x08, 0x83, 0x13, 0, 0, 0xE6, 0xE7, 0x00};
    append(body, apdu);
    body[1] = static_cast<std::uint8_t>(body.size() + 2);
    const std::uint16_t head = bitwise_x25(std::span(body).first(6));
    body[6] = static_cast<std::uint8_t>(head);
    body[7] = static_cast<std::uint8_t>(head >> 8U);
    const std::uint16_t crc = bitwise_x25(body);
    body.push_back(static_cast<std::uint8_t>(crc));
    body.push_back(static_cast<std::uint8_t>(crc >> 8U));
    body.insert(body.begin(), 0x7E);
    body.push_back(0x7E);
    return body;
}
inline Bytes hdlc() {
    return repeated(2, [](auto) { return hdlc_frame(cosem()); });
}

inline Bytes mbus_frame(const Bytes& data) {
    Bytes user{0x53, 0xFF, 0x00, 0x01, 0x67};
    append(user, data);
    const auto size = static_cast<std::uint8_t>(user.size());
    Bytes frame{0x68, size, size, 0x68};
    append(frame, user);
    frame.push_back(static_cast<std::uint8_t>(std::accumulate(user.begin(), user.end(), 0U)));
    frame.push_back(0x16);
    return frame;
}
inline Bytes mbus() {
    const Bytes message = encrypted(cosem(), key, own_auth);
    return repeated(2, [&](auto) { return mbus_frame(message); });
}

inline Bytes encrypted_p1(const CipherKey& authentication, bool has_crc = true) {
    return repeated(2, [&](auto i) {
        const auto telegram = p1_telegram(simulate_values(static_cast<double>(i)), {.has_crc = has_crc});
        return encrypted(bytes_of(telegram), key, authentication, static_cast<std::uint8_t>(i));
    });
}
inline Bytes encrypted_dlms(const CipherKey& authentication) {
    return repeated(
        2, [&](auto i) { return encrypted(cosem(), key, authentication, static_cast<std::uint8_t>(i)); });
}
// The same without a tag (security control 20), as some Austrian meters send it.
inline Bytes encrypted_only_dlms() {
    const Bytes with_tag = encrypted(cosem(), key, own_auth);
    Bytes frame(with_tag.begin(), with_tag.end() - 12);
    frame[12] = static_cast<std::uint8_t>(frame[12] - 12);
    frame[13] = 0x20;
    return frame;
}
inline Bytes encrypted_nonsense() {
    return encrypted(bytes_of("neither a telegram nor DLMS, but something else"), key, public_auth);
}

inline Bytes random_bytes(std::size_t size, unsigned seed = 7) {
    std::mt19937 random(seed);
    Bytes noise(size);
    std::generate(noise.begin(), noise.end(), [&] { return static_cast<std::uint8_t>(random()); });
    return noise;
}

inline Bytes elgama() {
    Bytes telegram = bytes_of("/EGM5G15\r\n\r\n");
    append(telegram, from_hex("008202303000000000"));
    append(telegram, random_bytes(0x230 - 5));
    return telegram;
}
inline Bytes provider_blocks() {
    return repeated(2, [](auto i) {
        Bytes telegram = bytes_of("/XYZ5ABC\r\n\r\n");
        append(telegram, random_bytes(300, static_cast<unsigned>(i)));
        return telegram;
    });
}

inline Bytes web_page() {
    return bytes_of("HTTP/1.1 400 Bad Request\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n"
                    "<html><head><title>Relay</title></head><body>1.8.0(123)</body></html>\r\n");
}
inline Bytes telnet() {
    Bytes bytes = from_hex("fffd18fffd20fffd23fffd27");
    append(bytes, bytes_of("\r\nBridge ready\r\n"));
    return bytes;
}
inline Bytes login() {
    return bytes_of("\r\nWelcome to the gateway\r\ngateway login: ");
}
inline Bytes modem() {
    return bytes_of("AT+CSQ\r\r\n+CSQ: 17,0\r\n\r\nOK\r\n\r\nRDY\r\n");
}
inline Bytes echo() {
    return repeated(4, [](auto) { return bytes_of("/?!\r\n"); });
}

inline Bytes inverted(const Bytes& bytes, bool keep_framing_errors = false) {
    UartLine line(8);
    line.send(bytes);
    line.idle(40);
    line.invert();
    return line.receive(8, keep_framing_errors);
}
inline Bytes complement(Bytes bytes) {
    for (std::uint8_t& byte : bytes) {
        byte = static_cast<std::uint8_t>(byte ^ 0xFFU);
    }
    return bytes;
}
// Sent at one speed, read at another.
inline Bytes at_wrong_speed(const Bytes& bytes, std::size_t sent_samples, std::size_t read_samples,
                            bool keep_framing_errors = true) {
    UartLine line(sent_samples);
    line.send(bytes);
    line.idle(40);
    return line.receive(read_samples, keep_framing_errors);
}

inline Bytes without(std::uint8_t unwanted, Bytes bytes) {
    std::erase(bytes, unwanted);
    return bytes;
}
inline Bytes replaced(std::uint8_t what, const Bytes& by, const Bytes& bytes) {
    Bytes result;
    for (const std::uint8_t byte : bytes) {
        append(result, byte == what ? by : Bytes{byte});
    }
    return result;
}
// A digit of each value line changed.
inline Bytes damaged(Bytes bytes) {
    for (std::size_t i = 1; i < bytes.size(); ++i) {
        if (bytes[i - 1] == '(' && bytes[i] == '0') {
            bytes[i] = '5';
        }
    }
    return bytes;
}
inline Bytes damaged_sml(std::size_t count = 3) {
    return repeated(count, [](auto i) {
        Bytes frame = sml_telegram(simulate_values(static_cast<double>(i)));
        frame[60] = static_cast<std::uint8_t>(frame[60] ^ 1U);
        return frame;
    });
}
inline Bytes without_crc(std::size_t count = 3) {
    return repeated(count, [](auto i) {
        Bytes telegram = bytes_of(p1_telegram(simulate_values(static_cast<double>(i))));
        telegram.resize(telegram.size() - 6);
        append(telegram, bytes_of("\r\n"));
        return telegram;
    });
}

} // namespace gridbridge::test::bytes
