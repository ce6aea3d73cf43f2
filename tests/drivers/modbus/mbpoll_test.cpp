// An independent Modbus client against the simulator, so that the driver and the simulator cannot agree on
// the same mistake.
#include "tests/drivers/modbus/test_bus.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <memory>

namespace gridbridge {
namespace {

std::string output_of(const std::string& command) {
    const std::unique_ptr<FILE, int (*)(FILE*)> pipe(::popen((command + " 2>&1").c_str(), "r"), &::pclose);
    std::string output;
    std::array<char, 256> buffer{};
    while (pipe && std::fgets(buffer.data(), buffer.size(), pipe.get()) != nullptr) {
        output += buffer.data();
    }
    return output;
}

ModbusImage still_image() {
    ModbusImage image = *built_in_image("em24");
    image.move = nullptr;
    image.registers[0x0000] = 2314;
    image.registers[0x0001] = 4321;
    return image;
}

class Mbpoll : public testing::TestWithParam<Line> {
  protected:
    void SetUp() override {
        if (output_of("command -v mbpoll").find("mbpoll") == std::string::npos) {
            GTEST_SKIP() << "MBPOLL IS NOT INSTALLED";
        }
    }
};

TEST_P(Mbpoll, ReadsAndWritesTheSimulator) {
    TestSlave slave(slave_options(GetParam(), {still_image()}));
    const std::string line =
        GetParam() == Line::Tcp ? "-m tcp -p " + std::to_string(slave.port()) : "-m rtu -b 9600 -P none";
    const std::string target = GetParam() == Line::Tcp ? "127.0.0.1" : slave.path();
    const std::string base = "mbpoll " + line + " -a 1 -0 -1 -o 2 ";
    const std::string read = output_of(base + "-r 0 -c 2 " + target);
    EXPECT_NE(read.find("2314"), std::string::npos) << read;
    EXPECT_NE(read.find("4321"), std::string::npos) << read;
    const std::string code = output_of(base + "-r 11 -c 1 " + target);
    EXPECT_NE(code.find("71"), std::string::npos) << code;
    const std::string too_long = output_of(base + "-r 0 -c 12 " + target);
    EXPECT_NE(too_long.find("Illegal data value"), std::string::npos) << too_long;
    const std::string written = output_of(base + "-r 4353 " + target + " 3");
    EXPECT_NE(written.find("Written 1"), std::string::npos) << written;
    EXPECT_EQ(slave.writes(), (Writes{{0x1101, 3}}));
}

TEST_P(Mbpoll, FindsTheSunSpecMarkerAndTheFirstHeads) {
    ModbusImage image = *built_in_image("sunspec");
    TestSlave slave(slave_options(GetParam(), {image}));
    const std::string line =
        GetParam() == Line::Tcp ? "-m tcp -p " + std::to_string(slave.port()) : "-m rtu -b 9600 -P none";
    const std::string target = GetParam() == Line::Tcp ? "127.0.0.1" : slave.path();
    const std::string read = output_of("mbpoll " + line + " -a 1 -0 -1 -o 2 -r 40000 -c 4 " + target);
    for (const char* word : {"21365", "28243", "1", "66"}) { // "Su", "nS", common model
        EXPECT_NE(read.find(std::string("\t") + word), std::string::npos) << word << read;
    }
    const std::string head = output_of("mbpoll " + line + " -a 1 -0 -1 -o 2 -r 40070 -c 2 " + target);
    EXPECT_NE(head.find("103"), std::string::npos) << head;
    EXPECT_NE(head.find("50"), std::string::npos) << head;
}

INSTANTIATE_TEST_SUITE_P(Lines, Mbpoll, testing::Values(Line::Pty, Line::Tcp),
                         [](const auto& tested) { return name_of_line(tested.param); });

} // namespace
} // namespace gridbridge
