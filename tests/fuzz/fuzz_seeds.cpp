// Writes seeds for the fuzz targets: fuzz_seeds DIR makes a folder in DIR for each parser.
#include "app/recording/recording_writer.hpp"
#include "app/simulate/d0_telegram.hpp"
#include "app/simulate/modbus_image.hpp"
#include "app/simulate/ocmf_text.hpp"
#include "app/simulate/p1_telegram.hpp"
#include "app/simulate/sml_telegram.hpp"
#include "mqtt/sinks/queue_position.hpp"
#include "mqtt/sinks/queue_record.hpp"

#include <openssl/evp.h>

#include <array>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <fstream>
#include <string>
#include <utility>
#include <vector>

namespace {

void write(const std::filesystem::path& path, const auto& bytes) {
    std::ofstream file(path, std::ios::binary);
    for (const auto byte : bytes) {
        file.put(static_cast<char>(byte));
    }
}

gridbridge::Bytes sink_queue() {
    std::string bytes = gridbridge::position_bytes({1, 2, 5, 1}) + gridbridge::position_bytes({2, 3, 5, 1});
    for (std::uint64_t seq = 1; seq <= 4; ++seq) {
        gridbridge::append_record(bytes, {seq, 1'793'000'000'000, seq % 2, "BX012", "gridbridge power=1"});
    }
    return {bytes.begin(), bytes.end()};
}

// Two lines whose pieces come between each other, and events.
gridbridge::Bytes recording() {
    using namespace gridbridge;
    RecordingWriter writer({"1", 1'764'460'800'000'000'000, "d", "t"});
    writer.add({1, "h:502", WireKind::ModbusTcp, WireDialect::Modbus, "[[meter]]"});
    writer.add({2, "/dev/ttyUSB0", WireKind::StreamSerial, WireDialect::Sml, {}});
    const auto at = [](std::int64_t ms) { return Clock::time_point(std::chrono::milliseconds(ms)); };
    for (unsigned i = 0; i < 4; ++i) {
        writer.add({Record::Kind::Received, i % 2 + 1, at(i * 10), {1, 2, 3}, {}, 0, 0});
    }
    writer.add({Record::Kind::Message, 0, at(100), {'1'}, "W/x", 1, 0});
    writer.add({Record::Kind::Published, 0, at(101), {}, "BQ1", 0, 0x0123456789ABCDEF});
    writer.add({Record::Kind::ClockSet, 0, at(102), {}, {}, 5, 0});
    writer.finish();
    return writer.take();
}

// As bundle_fuzz takes it: what kinds of connections, then kind, connection 1 and size of each record.
std::string records_of(char kinds,
                       const std::vector<std::pair<gridbridge::Record::Kind, std::string>>& said) {
    constexpr std::size_t kind_count = 11;
    constexpr std::size_t most = 200;
    std::string out{kinds};
    for (const auto& [kind, content] : said) {
        for (std::size_t at = 0; at < content.size(); at += most) {
            const std::string piece = content.substr(at, most);
            out += static_cast<char>(static_cast<std::size_t>(kind) + kind_count);
            out += static_cast<char>(piece.size()) + piece;
        }
    }
    return out;
}

// A frame under the keys of cipher_fuzz.
std::string encrypted(const std::string& telegram) {
    const std::string iv("SAGgp\0\1\2\0\0\0\1", 12);
    std::string additional = "0";
    std::array<unsigned char, 16> key{};
    for (std::size_t i = 0; i < key.size(); ++i) {
        key[i] = static_cast<unsigned char>(i);
        additional += static_cast<char>(0x11 * i);
    }
    const auto octets = [](const std::string& text) {
        return reinterpret_cast<const unsigned char*>(text.data());
    };
    std::vector<unsigned char> out(telegram.size() + 12);
    int size = 0;
    EVP_CIPHER_CTX* const context = EVP_CIPHER_CTX_new();
    EVP_EncryptInit_ex(context, EVP_aes_128_gcm(), nullptr, key.data(), octets(iv));
    EVP_EncryptUpdate(context, nullptr, &size, octets(additional), static_cast<int>(additional.size()));
    EVP_EncryptUpdate(context, out.data(), &size, octets(telegram), static_cast<int>(telegram.size()));
    EVP_EncryptFinal_ex(context, out.data() + telegram.size(), &size);
    EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_GET_TAG, 12, out.data() + telegram.size());
    EVP_CIPHER_CTX_free(context);
    const std::size_t length = telegram.size() + 17;
    std::string frame("\xDB\x08");
    frame += iv.substr(0, 8) + '\x82' + static_cast<char>(length >> 8U) + static_cast<char>(length & 0xFFU) +
             '0' + iv.substr(8);
    return frame + std::string(out.begin(), out.end());
}

void write_bundle_seeds(const std::filesystem::path& folder) {
    using namespace gridbridge;
    constexpr auto received = Record::Kind::Received;
    constexpr auto sent = Record::Kind::Sent;
    write(folder / "p1", records_of(4, {{received, p1_telegram(simulate_values(1))}}));
    write(folder / "cipher", records_of(4, {{received, encrypted(p1_telegram(simulate_values(1)))}}));
    const auto file = sml_telegram(simulate_values(1));
    write(folder / "sml", records_of(8, {{received, std::string(file.begin(), file.end())}}));
    write(folder / "d0",
          records_of(12, {{sent, "/?123!\r\n"},
                          {received, d0_telegram(simulate_values(1), {.has_checksum = true})}}));
    write(folder / "tcp",
          records_of(0, {{sent, std::string("\0\1\0\0\0\6\1\3\x50\0\0\7", 12)},
                         {received, std::string("\0\1\0\0\0\x11\1\3\x0E", 9) + "BQ123456789012"}}));
    write(folder / "rtu", records_of(1, {{sent, std::string("\1\3\x50\0\0\7\x15\x08", 8)},
                                         {received, std::string("\1\3\x0E", 3) + "BQ123456789012ab"}}));
    write(folder / "texts",
          records_of(0,
                     {{Record::Kind::Failed, "192.168.1.7:502, mqtt://u:p@h.lan [fd00::1] aa:bb:cc:dd:ee:ff"},
                      {Record::Kind::Note, "name = \"Haus\"\n/home/anna {\"serial\": \"BX12\"}"}}));
}

void write_seeds(const std::filesystem::path& folder) {
    using namespace gridbridge;
    for (const char* parser :
         {"p1",     "sml",           "cipher",        "d0",        "modbus", "ocmf",       "sunspec",
          "record", "request",       "query",         "gx",        "xml",    "line",       "recognise",
          "http",   "history_query", "setup_request", "recording", "bundle", "sink_queue", "link_name"}) {
        std::filesystem::create_directories(folder / parser);
    }
    for (int i = 0; i < 4; ++i) {
        const SimulatedValues values = simulate_values(i * 1000);
        const std::string name = std::to_string(i);
        write(folder / "p1" / name, p1_telegram(values, {.has_crc = i % 2 == 0}));
        write(folder / "d0" / name, d0_telegram(values, {.has_checksum = i % 2 == 0, .short_ids = i > 1}));
        write(folder / "sml" / name, sml_telegram(values, {.has_power = i % 2 == 0}));
        write(folder / "cipher" / name, encrypted(p1_telegram(values)));
        const auto driver = static_cast<char>('\0' + i);
        write(folder / "recognise" / ("p1" + name), driver + p1_telegram(values));
        write(folder / "recognise" / ("d0" + name), driver + d0_telegram(values, {.has_checksum = true}));
        write(folder / "recognise" / ("cipher" + name), driver + encrypted(p1_telegram(values)));
    }
    const std::string structure("\x0F\x40\0\0\0\0\2\2\x09\6\1\0\1\7\0\xFF\6\0\0\x0D\5", 21);
    write(folder / "recognise" / "dlms", '\0' + encrypted(structure));
    write(folder / "recognise" / "elgama",
          "\1/EGM5G15\r\n\r\n" + std::string("\0\x82\2\x30\x30\0\0\0\0\x71", 10));
    write(folder / "recognise" / "mbus", std::string("\2\x68\3\3\x68\x53\xFF\0\x52\x16", 10));
    write(folder / "recognise" / "web", std::string("\1HTTP/1.1 400 Bad Request\r\n\r\n"));
    write(folder / "line" / "turns", std::string("\3\x81\1\x82\1\x81\1\x82\1\0\1\3\1\3\1", 15));
    write(folder / "modbus" / "exception", std::string("\x01\x83\x02\xC0\xF1", 5));
    write(folder / "modbus" / "tcp", std::string("\0\x07\0\0\0\x05\x01\x03\x02\0\x47", 11));
    write(folder / "ocmf" / "record",
          std::string(R"(OCMF|{"PG":"T1","TT":"x<=>0f2b7a10-52f0-4a08-9a3e-1d9f4c6b7e01"}|{"SD":"30"})"));
    write(folder / "ocmf" / "talk",
          std::string("\xF1") + std::string(400, '\x10') + "\xF3\xF5" + std::string(800, '\x12'));
    const std::string block("\0\1\0\0\0\x06\1\3\0\0\0\x50", 12);
    const std::string phases("\0\2\0\0\0\x06\1\6\x10\x02\0\3", 12);
    write(folder / "gx" / "block", block + phases + block);
    write(folder / "gx" / "code", std::string("\0\1\0\0\0\x06\1\3\0\x0B\0\1", 12));
    for (const char* name : {"sunspec", "sunspec_meter"}) {
        std::string chain; // from the marker at 0 on
        const auto image = built_in_image(name);
        for (const auto& [address, word] : image->registers) {
            chain += static_cast<char>(word >> 8U);
            chain += static_cast<char>(word & 0xFFU);
        }
        write(folder / "sunspec" / name, chain);
    }
    const SigningKey key(256);
    OcmfTextSource source;
    source.tariff = "0.45<=>8d1f6c1e-1b5e-4c29-9d0b-111111111111";
    write(folder / "record" / "record", ocmf_text(source, key));
    write(
        folder / "record" / "start",
        std::string(
            R"({"value":{"transaction_id":"8d1f6c1e-1b5e-4c29-9d0b-111111111111","identification_flags":["RFID_PLAIN"]}})"));
    write(folder / "record" / "journal",
          std::string(
              R"({"version":1,"requests":[{"serial":"a","time":1,"stop":"x"}],"unpublished":[["a","b"]]})"));
    const std::string uri = "cg+rtu:///dev/ttyUSB0?unit=2&phases=L2,L3,L1&name=a%20b";
    write(folder / "request" / "uri", uri);
    write(folder / "request" / "keepalive",
          std::string(R"({"keepalive-options":[{"full-publish-completed-echo":"x"}]})"));
    write(folder / "request" / "deep", std::string(R"([[[[[[{"a":[1,2,3]},"]",4]]]]]])"));
    write(folder / "request" / "topic", std::string("grid/30/Ac/L1/Power"));
    write(folder / "request" / "file",
          "portal_id = \"p\"\n[mqtt]\nservers = [\"a\"]\n[[meter]]\nuri = \"" + uri + "\"\n");
    write(folder / "request" / "registration",
          std::string(R"({"portalId":"g","topicPath":{"g1":{"W":"W/g/grid/1"}}})"));
    write(folder / "request" / "settings",
          std::string(R"({"version":1,"devices":{"a":{"instances":{"grid":30},"reverse_kwh":[1,2,3]}}})"));
    write(folder / "xml" / "gx",
          std::string("<Settings><Devices><cgwacs_B1><ClassAndVrmInstance type=\"s\">grid:33"
                      "</ClassAndVrmInstance><CustomName>A &amp; B</CustomName><L1ReverseEnergy>1.5"
                      "</L1ReverseEnergy><Position>1</Position></cgwacs_B1></Devices></Settings>"));
    write(folder / "setup_request" / "meter",
          R"({"uri":"cg+tcp://h?unit=2","name":"Roof","invert":["L1"],"enabled":false,"ct_ratio":"200/5"})");
    write(folder / "setup_request" / "port",
          R"({"uri":"d0+serial:///dev/ttyUSB0","mode":"request","baud":300})");
    write(folder / "setup_request" / "scan",
          R"({"ports":["/dev/ttyUSB1"],"networks":["192.168.1.0/24"],"hosts":["192.168.1.7:502"]})");
    write(folder / "http" / "get",
          std::string("\3\0", 2) + "GET http://a:1/health?x=1 HTTP/1.1\r\nHost: a\r\n\r\n");
    write(folder / "http" / "post",
          std::string("\1\0", 2) + "POST /x HTTP/1.1\r\nContent-Length: 2\r\n\r\n{}");
    write(folder / "http" / "chunks",
          std::string("\2\1HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n"));
    write(folder / "history_query" / "all",
          std::string("meter=BX%2f1&resolution=minute&from=1764400000&to=-2h&points=500"));
    write(folder / "query" / "obis", std::string("get 1-0:1.8.0 2|name"));
    write(folder / "query" / "meter", std::string("power name|name"));
    write(folder / "query" / "telegram", "telegram 2|" + p1_telegram(simulate_values(3)));
    const std::string old = "/KMP5 ZABF\r\n\r\n0-0:96.1.1(5A4245)\r\n1-0:1.7.0(0000.98*kW)\r\n"
                            "0-1:24.3.0(120517020000)(08)(60)(1)(0-1:24.2.1)(m3)\r\n(00124.477)\r\n!\r\n";
    write(folder / "p1" / "old", old);
    write(folder / "recording" / "lines", recording());
    write(folder / "sink_queue" / "points", sink_queue());
    write(folder / "link_name" / "answer",
          std::string(
              "\0\1\x84\0\0\1\0\1\0\0\0\0\5meter\5local\0\0\1\0\1\xc0\x0c\0\1\x80\1\0\0\0\n\0\4\xc0\0\2\7",
              45));
    write_bundle_seeds(folder / "bundle");
    const auto frame = sml_telegram(simulate_values(7));
    write(folder / "sml" / "payload", std::vector<std::uint8_t>(frame.begin() + 8, frame.end() - 8));
}

} // namespace

int main(int count, char** arguments) {
    if (count != 2) {
        std::fputs("usage: fuzz_seeds DIR\n", stderr);
        return 64;
    }
    try {
        write_seeds(arguments[1]);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s\n", error.what());
        return 74;
    }
    return 0;
}
