#include "app/simulate/modbus_slave.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

namespace gridbridge {
namespace {

using Pdu = std::vector<std::uint8_t>;

ModbusImage image() {
    return parse_modbus_image(
        R"({"model": "x", "unit_id": 5, "max_words": 4, "function": 3, "also_functions": [4],
        "single_register_overrides": {"0x000B": 71}, "one_word_at_a_time": ["0x000B", "0x000C"],
        "registers": {"0x000A": 1, "0x000B": 2, "0x000C": 3, "0x000D": 65535},
        "writable": {"0x000D": [0, 7]}})");
}

TEST(Simulator, ReadsAsTheImageAllows) {
    ModbusImage meter = image();
    EXPECT_EQ(meter.unit, 5);
    EXPECT_EQ(answer(meter, Pdu{3, 0, 0x0B, 0, 1}), (Pdu{3, 2, 0, 71})) << "alone it is the code";
    EXPECT_EQ(answer(meter, Pdu{4, 0, 0x0A, 0, 2}), (Pdu{4, 4, 0, 1, 0, 2})) << "inside it is a measurement";
    EXPECT_EQ(answer(meter, Pdu{3, 0, 0x0C, 0, 1}), (Pdu{3, 2, 0, 3}));
    EXPECT_EQ(answer(meter, Pdu{3, 0, 0x0B, 0, 2}), (Pdu{0x83, 2})) << "one word at a time";
    EXPECT_EQ(answer(meter, Pdu{3, 0, 0x0D, 0, 2}), (Pdu{0x83, 2})) << "no register";
    EXPECT_EQ(answer(meter, Pdu{3, 0, 0x0A, 0, 5}), (Pdu{0x83, 3})) << "too long";
    EXPECT_EQ(answer(meter, Pdu{3, 0xFF, 0xFF, 0, 2}), (Pdu{0x83, 2}));
    EXPECT_EQ(answer(meter, Pdu{2, 0, 0, 0, 1}), (Pdu{0x82, 1}));
    EXPECT_EQ(answer(meter, Pdu{8, 0, 0, 0xAB, 0xCD}), (Pdu{8, 0, 0, 0xAB, 0xCD}));
    EXPECT_EQ(answer(meter, Pdu{}), (Pdu{0x80, 1}));
    EXPECT_EQ(answer(meter, Pdu{3, 0}), (Pdu{0x83, 3}));
}

TEST(Simulator, WritesWithinTheRangeOnly) {
    ModbusImage meter = image();
    EXPECT_EQ(answer(meter, Pdu{6, 0, 0x0D, 0, 7}), (Pdu{6, 0, 0x0D, 0, 7}));
    EXPECT_EQ(meter.registers[0x0D], 7);
    EXPECT_EQ(answer(meter, Pdu{6, 0, 0x0D, 0, 8}), (Pdu{0x86, 3}));
    EXPECT_EQ(answer(meter, Pdu{6, 0, 0x0A, 0, 1}), (Pdu{0x86, 2}));
}

TEST(Simulator, SerialRequestsAreFoundInNoise) {
    const Pdu noisy{0xFF, 0x00, 0x01, 0x03, 0x00, 0x00, 0x00, 0x02, 0xC4, 0x0B};
    std::size_t consumed = 0;
    const auto request = take_request(noisy, SlaveFraming::Serial, consumed);
    ASSERT_TRUE(request.has_value());
    EXPECT_EQ(consumed, noisy.size());
    EXPECT_EQ(request->unit, 1);
    EXPECT_EQ(request->pdu, (Pdu{3, 0, 0, 0, 2}));
    EXPECT_EQ(framed(*request, Pdu{3, 4, 0x09, 0x1B, 0, 0}, SlaveFraming::Serial),
              (Pdu{0x01, 0x03, 0x04, 0x09, 0x1B, 0x00, 0x00, 0x89, 0xA8}));
}

TEST(Simulator, TcpRequestsKeepTheirTransaction) {
    const Pdu bytes{0x12, 0x34, 0, 0, 0, 6, 9, 3, 0, 0, 0, 2, 0x77};
    std::size_t consumed = 0;
    const auto request = take_request(bytes, SlaveFraming::Tcp, consumed);
    ASSERT_TRUE(request.has_value());
    EXPECT_EQ(consumed, 12U);
    EXPECT_EQ(framed(*request, Pdu{0x83, 2}, SlaveFraming::Tcp), (Pdu{0x12, 0x34, 0, 0, 0, 3, 9, 0x83, 2}));
    EXPECT_FALSE(take_request(std::span(bytes).first(11), SlaveFraming::Tcp, consumed).has_value());
    EXPECT_EQ(consumed, 0U);
}

TEST(Simulator, BadImagesAreRefusedWithAReason) {
    EXPECT_THROW(parse_modbus_image("{"), std::invalid_argument);
    EXPECT_THROW(parse_modbus_image("{}"), std::invalid_argument);
    EXPECT_THROW(parse_modbus_image(R"({"registers": {"0x10000": 1}})"), std::invalid_argument);
    EXPECT_THROW(parse_modbus_image(R"({"registers": {"0x1": 65536}})"), std::invalid_argument);
    EXPECT_THROW(parse_modbus_image(R"({"registers": {"1": "a"}})"), std::invalid_argument);
}

TEST(Simulator, FaultsAreParsedOrExplained) {
    SlaveFaults faults;
    for (const char* text :
         {"drop=3", "crc=4", "late=400:2", "exception=5:2", "silence=10@20", "hangup=0.5"}) {
        EXPECT_EQ(parse_fault(text, faults), "") << text;
    }
    EXPECT_EQ(faults.drop_every, 3U);
    EXPECT_EQ(faults.crc_every, 4U);
    EXPECT_EQ(faults.late.count(), 400);
    EXPECT_EQ(faults.late_every, 2U);
    EXPECT_EQ(faults.exception_code, 5);
    EXPECT_EQ(faults.exception_every, 2U);
    EXPECT_EQ(faults.silence.count(), 10000);
    EXPECT_EQ(faults.silence_from.count(), 20000);
    EXPECT_EQ(faults.hangup.count(), 500);
    for (const char* text :
         {"drop", "drop=", "drop=0", "drop=-1", "exception=5", "exception=300:1", "hangup=0", "x=1"}) {
        EXPECT_NE(parse_fault(text, faults), "") << text;
    }
}

TEST(Simulator, ListenAddresses) {
    const auto pty = parse_slave_listen("rtu:///tmp/meter");
    ASSERT_TRUE(pty.has_value());
    EXPECT_EQ(pty->path, "/tmp/meter");
    const auto tcp = parse_slave_listen("tcp://127.0.0.1:1502");
    ASSERT_TRUE(tcp.has_value());
    EXPECT_EQ(tcp->kind, SlaveListen::Kind::Tcp);
    EXPECT_EQ(tcp->port, 1502);
    EXPECT_EQ(parse_slave_listen("rtutcp://127.0.0.1:0")->port, 0);
    EXPECT_FALSE(parse_slave_listen("http://x").has_value());
    EXPECT_FALSE(parse_slave_listen("tcp").has_value());
}

TEST(Simulator, BuiltInMetersMove) {
    for (const char* name : {"em24", "et340", "em340_s27", "em540", "em580"}) {
        ModbusImage meter = *built_in_image(name);
        const auto before = meter.registers;
        meter.move(meter, 3600);
        EXPECT_NE(before, meter.registers);
        EXPECT_GT(meter.registers[0x0017], 0x7FFF) << "phase 3 exports";
    }
    EXPECT_GT(built_in_image("et112")->registers[0x0005], 0x7FFF) << "its phase exports";
    EXPECT_FALSE(built_in_image("em0").has_value());
}

} // namespace
} // namespace gridbridge
