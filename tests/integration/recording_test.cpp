// `gridbridge record` and `gridbridge replay`: what was recorded says the same again.
#include "tests/integration/support.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>

namespace gridbridge::testing_support {
namespace {

using testing::HasSubstr;
using testing::Not;

struct RecordedMeters {
    SimulatedMeter modbus{"em24", "tcp://127.0.0.1:0", {"--fault", "drop=9"}};
    SimulatedMeter stream{"p1", "tcp://127.0.0.1:0", {}};
    Folder folder;
    std::string file = folder.path("a.pcapng");

    Result record(const std::string& seconds) const {
        return run({GRIDBRIDGE_PROGRAM, "record", "--meter", "cg+" + modbus.uri + "?interval=250", "--meter",
                    "p1+" + stream.uri, "--seconds", seconds, "-o", file, "--state-dir",
                    folder.path("state")});
    }
};

Result replay(const std::string& file, const std::vector<std::string>& more = {}) {
    std::vector<std::string> arguments{GRIDBRIDGE_PROGRAM, "replay", file};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run(arguments);
}

TEST(Recorded, IsReplayedToTheLastBit) {
    const RecordedMeters meters;
    const Result recorded = meters.record("8");
    ASSERT_EQ(recorded.exit_code, 0) << recorded.errors;
    EXPECT_THAT(recorded.errors, HasSubstr("readings of 2 connections"));
    const Result compared = replay(meters.file, {"--compare"});
    EXPECT_EQ(compared.exit_code, 0) << compared.output << compared.errors;
    EXPECT_THAT(compared.output, HasSubstr("readings are equal to the last bit"));
    EXPECT_THAT(compared.errors, Not(HasSubstr("note:")));
    const Result said = replay(meters.file, {"--portal-id", "again"});
    EXPECT_THAT(said.output, HasSubstr(" N/again/grid/30/Ac/Power {\"value\":"));
    EXPECT_THAT(said.output, HasSubstr(R"(/Serial {"value":"BX1230010001S"})"));
    EXPECT_THAT(said.output, HasSubstr(R"(/Serial {"value":"E0044000000000001"})"));
    EXPECT_EQ(replay(meters.file, {"--portal-id", "again"}).output, said.output) << "the same each time";
}

TEST(Recorded, IsReadAsTheMetersAre) {
    const RecordedMeters meters;
    ASSERT_EQ(meters.record("5").exit_code, 0);
    const Result read = run({GRIDBRIDGE_PROGRAM, "read", meters.file, "--json"});
    EXPECT_EQ(read.exit_code, 0) << read.errors;
    EXPECT_THAT(read.output, HasSubstr("BX1230010001S"));
    EXPECT_THAT(read.output, HasSubstr("E0044000000000001"));
    EXPECT_THAT(read.output, HasSubstr("Ac/Power"));
    const Result none = run({GRIDBRIDGE_PROGRAM, "read", meters.folder.path("none")});
    EXPECT_EQ(none.exit_code, 74);
    EXPECT_THAT(none.errors, HasSubstr(meters.folder.path("none")));
}

// As a decoder would that has changed.
TEST(Recorded, AChangedTelegramIsADifference) {
    const RecordedMeters meters;
    ASSERT_EQ(meters.record("5").exit_code, 0);
    std::ifstream in(meters.file, std::ios::binary);
    std::string bytes{std::istreambuf_iterator<char>(in), {}};
    const auto at = bytes.rfind("1-0:32.7.0(");
    ASSERT_NE(at, std::string::npos);
    bytes[at + 12] = static_cast<char>(bytes[at + 12] ^ 1);
    std::ofstream(meters.file, std::ios::binary | std::ios::trunc) << bytes;
    const Result compared = replay(meters.file, {"--compare"});
    EXPECT_EQ(compared.exit_code, 65) << compared.output << compared.errors;
    EXPECT_THAT(compared.output, HasSubstr(" of E0044000000000001 "));
}

TEST(Recorded, ErrorsNameTheThingAndTheFix) {
    const Folder folder;
    EXPECT_EQ(replay(folder.path("none")).exit_code, 74);
    EXPECT_THAT(replay(folder.path("none")).errors, HasSubstr(folder.path("none")));
    folder.write("text", "no recording");
    EXPECT_THAT(replay(folder.path("text")).errors, HasSubstr("is no pcapng file"));
    EXPECT_EQ(run({GRIDBRIDGE_PROGRAM, "replay"}).exit_code, 64);
    EXPECT_EQ(replay("x", {"--speed", "0"}).exit_code, 64);
    EXPECT_EQ(run({GRIDBRIDGE_PROGRAM, "record", "--meter", "p1+tcp://127.0.0.1:1"}).exit_code, 64);
    const Result unwritable = run({GRIDBRIDGE_PROGRAM, "record", "--meter", "p1+tcp://127.0.0.1:1",
                                   "--seconds", "1", "-o", folder.path("no/such/file")});
    EXPECT_EQ(unwritable.exit_code, 74);
    EXPECT_THAT(unwritable.errors, HasSubstr("does its folder exist"));
}

} // namespace
} // namespace gridbridge::testing_support
