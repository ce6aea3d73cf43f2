// A recording before a real Wireshark that nobody has told anything.
#include "app/simulate/p1_telegram.hpp"
#include "app/simulate/sml_telegram.hpp"
#include "tests/app/recording/recording_world.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace gridbridge {
namespace {

using testing::HasSubstr;
using testing::Not;

class DissectionTest : public testing::Test {
  protected:
    void SetUp() override {
        if (std::system("tshark --version >/dev/null 2>&1") != 0) { // NOLINT: one thread
            GTEST_SKIP()
                << "SKIPPED: tshark is not installed: that Wireshark dissects recordings is NOT checked";
        }
        std::string name = std::filesystem::temp_directory_path() / "gridbridge-dissection-XXXXXX";
        folder_ = ::mkdtemp(name.data());
        for (const RecordedConnection& connection : world_connections()) {
            writer_.add(connection);
        }
    }
    void TearDown() override {
        if (!folder_.empty()) {
            std::filesystem::remove_all(folder_);
        }
    }

    void add(Record::Kind kind, unsigned connection, Bytes bytes, std::string text = {},
             std::int64_t number = 0) {
        at_ += 200'000'000;
        ASSERT_TRUE(
            writer_.add({kind, connection, at_ns(at_), std::move(bytes), std::move(text), number, 0}));
    }
    void read_em24(std::size_t connection) {
        Em24Line line(world_connections()[connection]);
        at_ += 200'000'000;
        line.read(at_ns(at_), [this](const Record& record) { ASSERT_TRUE(writer_.add(record)); });
    }
    // What tshark says of the recording; its profile is an empty folder.
    std::string tshark(const std::string& arguments) {
        writer_.finish();
        const Bytes bytes = writer_.take();
        const std::string file = folder_ + "/recording.pcapng";
        std::ofstream(file, std::ios::binary | std::ios::app)
            .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
        const std::string command =
            "HOME=" + folder_ + " tshark -n -r " + file + " " + arguments + " 2>/dev/null";
        std::string output;
        FILE* const pipe = ::popen(command.c_str(), "r");
        std::array<char, 4096> part{};
        for (std::size_t got = 0; (got = std::fread(part.data(), 1, part.size(), pipe)) > 0;) {
            output.append(part.data(), got);
        }
        EXPECT_EQ(::pclose(pipe), 0) << output;
        return output;
    }

    std::string folder_;
    RecordingWriter writer_{world_head()};
    std::int64_t at_ = 60'000'000'000;
};

TEST_F(DissectionTest, ModbusTcpHasFunctionsAndRegisters) {
    add(Record::Kind::Opened, 1, {}, "192.168.1.20:502");
    read_em24(0);
    read_em24(0);
    const std::string list = tshark("");
    EXPECT_THAT(list, HasSubstr("192.0.2.1 \u2192 192.0.2.11   Modbus/TCP"));
    EXPECT_THAT(list, HasSubstr("Query: Trans:     1; Unit:   1, Func:   3: Read Holding Registers"));
    EXPECT_THAT(list, HasSubstr("Response: Trans:     3; Unit:   1, Func:   3: Read Holding Registers"));
    const std::string all = tshark("-V");
    EXPECT_THAT(all, HasSubstr("Register 40960 (UINT16): "));
    EXPECT_THAT(all, HasSubstr("[Request Frame: 2]"));
}

TEST_F(DissectionTest, ModbusRtuHasThemTooThoughItsAnswersCameInPieces) {
    add(Record::Kind::Speed, 2, {}, "", 9600);
    read_em24(1);
    const std::string list = tshark("");
    EXPECT_THAT(list, HasSubstr("Modbus RTU"));
    EXPECT_THAT(list, HasSubstr("Query: Unit:   1, Func:   3: Read Holding Registers"));
    EXPECT_THAT(list, HasSubstr("Response: Unit:   1, Func:   3: Read Holding Registers"));
    EXPECT_THAT(list, Not(HasSubstr("alformed")));
    EXPECT_THAT(list, HasSubstr("speed 9600 bit/s"));
    const std::string all = tshark("-o mbrtu.crc_verification:TRUE -V");
    EXPECT_THAT(all, HasSubstr("Register 52 (UINT16): "));
    EXPECT_THAT(all, HasSubstr("pieces: 32 32@"));
    EXPECT_THAT(all, Not(HasSubstr("Incorrect")));
}

TEST_F(DissectionTest, TelegramsAreLinesOrSml) {
    const std::string p1 = p1_telegram(simulate_values(7));
    add(Record::Kind::Received, 3, Bytes(p1.begin(), p1.end()));
    add(Record::Kind::Received, 4, sml_telegram(simulate_values(7)));
    EXPECT_EQ(tshark("-o ip.check_checksum:TRUE -Y 'tcp.analysis.flags || ip.checksum.status == 0'"), "");
    const std::string all = tshark("-d tcp.port==7259,sml -V");
    EXPECT_THAT(all, HasSubstr("Line-based text data"));
    EXPECT_THAT(all, HasSubstr("1-0:1.7.0("));
    EXPECT_THAT(all, HasSubstr("GetList.Res"));
    EXPECT_THAT(all, Not(HasSubstr("alformed")));
}

TEST_F(DissectionTest, EventsAreJsonAndTheFileSaysWhereItIsFrom) {
    add(Record::Kind::Message, 0, {'4', '2'}, "W/portal/grid/30/x", 1);
    add(Record::Kind::Failed, 2, {}, "no such device");
    read_em24(0);
    const std::string all = tshark("-V");
    EXPECT_THAT(all, HasSubstr("JavaScript Object Notation"));
    EXPECT_THAT(all, HasSubstr("String value: W/portal/grid/30/x"));
    EXPECT_THAT(all, HasSubstr("String value: published"));
    EXPECT_THAT(all, HasSubstr("Nov 30, 2025"));
    const std::string list = tshark("");
    EXPECT_THAT(list, HasSubstr("published BQ1234567890"));
    EXPECT_THAT(list, HasSubstr("failed no such device"));
    EXPECT_THAT(tshark("-T fields -e frame.packet_id"), testing::ContainsRegex("[1-9][0-9]{10,}"));
    EXPECT_THAT(tshark("-T fields -e frame.interface_name"), HasSubstr("192.168.1.20:502"));
}

} // namespace
} // namespace gridbridge
