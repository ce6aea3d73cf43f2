// The order of questions on a line, and what is made of the answers.
#include "app/scan/scan_line.hpp"
#include "app/simulate/modbus_slave.hpp"
#include "drivers/modbus/line/frame.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gridbridge {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

// What a line does with a serial request; nothing is silence.
using Wire = std::function<std::vector<std::uint8_t>(const MeterConfig& meter, const Request& request)>;

struct FakeLine {
    Wire wire;
    std::vector<MeterConfig> opened;
    std::vector<Request> requests;
    std::uint64_t noise = 0; // bytes before each request
    Heard traffic = Heard::Nothing;
    int listened = 0;
};

class FakeTransport final : public ModbusTransport {
  public:
    FakeTransport(FakeLine& line, MeterConfig meter) : line_(line), meter_(std::move(meter)) {}

    void open(const std::stop_token& /*stop*/) override { line_.opened.push_back(meter_); }
    void close() noexcept override {}
    std::vector<std::uint16_t> exchange(const Request& request, std::chrono::milliseconds) override {
        line_.requests.push_back(request);
        skipped_ += line_.noise;
        const auto received = line_.wire(meter_, request);
        echoes_ = received == serial_frame(request);
        if (received.empty() || echoes_) {
            throw Timeout("no answer");
        }
        const Inspection found = inspect_serial(received, request);
        if (found.state != Inspection::State::Complete) {
            throw BadReply(found.reason);
        }
        return check_answer(ByteView(received).subspan(found.offset, found.length), request);
    }
    Clock::time_point last_byte() const override { return {}; }
    std::chrono::microseconds round_trip() const override { return {}; }
    std::uint64_t skipped_bytes() const override { return skipped_; }
    LineHealth health() const override {
        LineHealth health;
        health.echoes = echoes_;
        return health;
    }

  private:
    FakeLine& line_;
    MeterConfig meter_;
    std::uint64_t skipped_ = 0;
    bool echoes_ = false;
};

std::vector<std::uint8_t> with_crc(std::vector<std::uint8_t> bytes) {
    const std::uint16_t crc = modbus_crc(bytes);
    bytes.push_back(static_cast<std::uint8_t>(crc & 0xFF));
    bytes.push_back(static_cast<std::uint8_t>(crc >> 8));
    return bytes;
}

// An em24 with this unit id that understands one speed.
Wire meter_at(int unit, int baud, const std::string& image = "em24") {
    return [=](const MeterConfig& meter, const Request& request) -> std::vector<std::uint8_t> {
        if (request.unit != unit || meter.baud != baud || meter.parity != Parity::None) {
            return {};
        }
        ModbusImage registers = built_in_image(image).value();
        const Bytes raw = raw_request(request);
        std::vector<std::uint8_t> bytes{request.unit};
        const auto pdu = answer(registers, ByteView(raw).subspan(1));
        bytes.insert(bytes.end(), pdu.begin(), pdu.end());
        return with_crc(std::move(bytes));
    };
}

LineResult scan_with(FakeLine& line, const std::optional<std::string>& units = "1-10",
                     const ScanTarget& target = {"/dev/ttyUSB0", {}, false}) {
    Options options;
    options.units = units;
    ScanRequest request;
    EXPECT_EQ(read_scan_request(options, request), "");
    const LineAccess access{
        [&](const MeterConfig& meter) { return std::make_unique<FakeTransport>(line, meter); },
        [](const Probe&, std::size_t, std::size_t, std::size_t) {},
        [&] {
            ++line.listened;
            return line.traffic;
        }};
    LineResult result;
    scan_line(target, request, access, {}, result);
    return result;
}

TEST(ScanLine, FindsAMeterAtAnySettingAndKeepsToItsSetting) {
    FakeLine line{meter_at(1, 19200), {}, {}};
    const LineResult result = scan_with(line);
    ASSERT_THAT(result.found, SizeIs(1));
    EXPECT_EQ(result.found[0].code, 71);
    EXPECT_TRUE(result.found[0].served);
    EXPECT_NE(result.found[0].serial, "");
    EXPECT_EQ(setting_text(result.found[0].probe.setting), "19200 8N1");
    EXPECT_THAT(line.opened, SizeIs(3)) << "9600 8N1, 9600 8E1, 19200 8N1 and no other";
    EXPECT_EQ(line.requests.back().unit, 10);
    for (const Request& request : line.requests) {
        EXPECT_NE(request.function, Function::WriteSingle) << "a scan only reads";
    }
    EXPECT_EQ(line.requests.front().operand, 1) << "the code is read as one word";
    EXPECT_EQ(number_of(line.requests.front().address), 0x000B);
}

// A SunSpec inverter that is silent where it has no registers.
Wire sunspec_at(int unit) {
    return [=](const MeterConfig& meter, const Request& request) -> std::vector<std::uint8_t> {
        const bool is_marker = number_of(request.address) == 40000 && request.operand == 2;
        if (meter.transport != Transport::Tcp || request.unit != unit || !is_marker) {
            return {};
        }
        return with_crc({request.unit, 3, 4, 0x53, 0x75, 0x6E, 0x53});
    };
}

TEST(ScanLine, SunSpecDevicesOfAHostAreFoundWhereTheyUsuallyAre) {
    const ScanTarget host{{}, {"192.0.2.20", 502}, false};
    for (const int unit : {1, 2, 71, 126, 200, 204, 240, 247}) {
        FakeLine line{sunspec_at(unit), {}, {}};
        const LineResult result = scan_with(line, std::nullopt, host);
        ASSERT_THAT(result.found, SizeIs(1)) << unit;
        EXPECT_EQ(result.found[0].probe.unit, unit);
        EXPECT_FALSE(result.found[0].served);
        EXPECT_THAT(result.found[0].remark, HasSubstr("sunspec+ instead of cg+"));
    }
    FakeLine given{sunspec_at(126), {}, {}};
    EXPECT_THAT(scan_with(given, "1-10", host).found, IsEmpty()) << "no other units than those asked for";
}

TEST(ScanLine, OtherUnitsAreFoundAfterTheFirstPass) {
    FakeLine line{meter_at(7, 9600, "em540"), {}, {}};
    const LineResult result = scan_with(line);
    ASSERT_THAT(result.found, SizeIs(1));
    EXPECT_EQ(result.found[0].probe.unit, 7);
    EXPECT_EQ(result.found[0].code, 1760);
    EXPECT_EQ(result.evidence.asked, 12 + 9);
}

TEST(ScanLine, RefusedCodesAndForeignDevicesAreListed) {
    FakeLine line{[](const MeterConfig& meter, const Request& request) -> std::vector<std::uint8_t> {
                      if (meter.baud != 9600 || meter.parity != Parity::None) {
                          return {};
                      }
                      if (request.unit == 2) {
                          return with_crc({2, 3, 2, 0, 57});
                      }
                      return request.unit == 3 ? with_crc({3, 0x83, 2}) : std::vector<std::uint8_t>{};
                  },
                  {},
                  {}};
    const LineResult result = scan_with(line, "2-4");
    ASSERT_THAT(result.found, SizeIs(2));
    EXPECT_EQ(result.found[0].model, "EM21");
    EXPECT_THAT(result.found[0].remark, HasSubstr("identification code 57 (EM21) is not supported"));
    EXPECT_FALSE(result.found[0].served);
    EXPECT_FALSE(result.found[1].code);
    EXPECT_THAT(result.found[1].remark, HasSubstr("exception 2"));
}

TEST(ScanLine, SilenceIsAskedToTheEnd) {
    FakeLine line{[](const MeterConfig&, const Request&) { return std::vector<std::uint8_t>(); }, {}, {}};
    const LineResult result = scan_with(line);
    EXPECT_EQ(result.evidence.asked, 120);
    EXPECT_THAT(result.evidence.garbled, IsEmpty());
    EXPECT_EQ(line.listened, 0);
}

TEST(ScanLine, GarbageIsNotedWithItsSetting) {
    FakeLine line{[](const MeterConfig& meter, const Request&) {
                      return meter.baud == 38400 && meter.parity == Parity::Even
                                 ? std::vector<std::uint8_t>(12, 0x55)
                                 : std::vector<std::uint8_t>();
                  },
                  {},
                  {}};
    const LineResult result = scan_with(line, "1");
    EXPECT_THAT(result.found, IsEmpty());
    EXPECT_THAT(result.evidence.garbled, ElementsAre(LineSetting{Transport::Rtu, 38400, Parity::Even}));
    EXPECT_FALSE(result.evidence.echo);
    EXPECT_EQ(line.listened, 1);
}

TEST(ScanLine, AnEchoIsNotedAndNoMeter) {
    FakeLine line{
        [](const MeterConfig&, const Request& request) { return with_crc(raw_request(request)); }, {}, {}};
    const LineResult result = scan_with(line);
    EXPECT_TRUE(result.evidence.echo);
    EXPECT_THAT(result.found, IsEmpty());
    EXPECT_GT(result.evidence.asked, 1) << "an adapter that echoes is served";
}

TEST(ScanLine, ForeignTrafficEndsTheScan) {
    FakeLine line{[](const MeterConfig&, const Request&) { return std::vector<std::uint8_t>(); }, {}, {}};
    line.noise = 8;
    line.traffic = Heard::Modbus;
    const LineResult result = scan_with(line);
    EXPECT_EQ(result.evidence.asked, 1);
    EXPECT_EQ(result.evidence.heard, Heard::Modbus);
    EXPECT_EQ(result.evidence.unasked_bytes, 8U);
    FakeLine noisy{line.wire, {}, {}, 8};
    EXPECT_EQ(scan_with(noisy, "1").evidence.asked, 12) << "noise that nobody makes does not end it";
    EXPECT_EQ(noisy.listened, 2);
}

} // namespace
} // namespace gridbridge
