// The simulated EM580 as a meter: commands, file, memory. Its records are checked by app/ocmf_signature here
// and by the openssl program in tests/integration.
#include "app/simulate/signing_meter.hpp"

#include "app/signing/ocmf.hpp"
#include "app/signing/ocmf_signature.hpp"
#include "app/simulate/modbus_slave.hpp"

#include <gtest/gtest.h>

namespace gridbridge {
namespace {

using Words = std::vector<std::uint16_t>;

class SimulatedEm580 : public ::testing::Test {
  protected:
    void start(SigningMeterOptions options = {}) {
        options.remember = [this](const std::string& memory) { memory_ = memory; };
        meter_ = signing_meter(std::move(options));
        wait(0);
    }
    void wait(double seconds) {
        seconds_ += seconds;
        meter_.move(meter_, seconds_);
    }
    int write(unsigned first, const Words& words) {
        std::vector<std::uint8_t> pdu{16};
        add_word(pdu, first);
        add_word(pdu, static_cast<unsigned>(words.size()));
        pdu.push_back(static_cast<std::uint8_t>(2 * words.size()));
        for (const std::uint16_t word : words) {
            add_word(pdu, word);
        }
        const auto reply = answer(meter_, pdu);
        return reply.at(0) == 16 ? 0 : reply.at(1);
    }
    int write_text(unsigned first, std::string text) {
        text.resize(text.size() + 2 - text.size() % 2);
        Words words;
        for (std::size_t i = 0; i < text.size(); i += 2) {
            words.push_back(static_cast<std::uint16_t>(text[i] << 8 | text[i + 1]));
        }
        return write(first, words);
    }
    unsigned word(unsigned address) const { return meter_.registers.at(static_cast<std::uint16_t>(address)); }
    std::string text(unsigned first, unsigned words) const {
        std::string text;
        for (unsigned i = 0; i < words; ++i) {
            text += static_cast<char>(word(first + i) >> 8U);
            text += static_cast<char>(word(first + i) & 0xFFU);
        }
        return text.substr(0, text.find('\0'));
    }
    std::vector<std::uint8_t> key() const {
        std::vector<std::uint8_t> bytes;
        for (unsigned i = 0; i < 49; ++i) {
            bytes.push_back(static_cast<std::uint8_t>(word(0x2500 + i) >> 8U));
            bytes.push_back(static_cast<std::uint8_t>(word(0x2500 + i) & 0xFFU));
        }
        bytes.pop_back();
        return bytes;
    }
    void begin_transaction() {
        EXPECT_EQ(write(0x7000, {1}), 0);
        EXPECT_EQ(write(0x7001, {3}), 0);
        EXPECT_EQ(write(0x7002, {1, 3, 0, 0}), 0);
        EXPECT_EQ(write(0x7006, {10}), 0);
        EXPECT_EQ(write_text(0x7007, "04A1B2C3D4"), 0);
        EXPECT_EQ(write_text(0x701C, "DE*ABC*E1"), 0);
        EXPECT_EQ(write_text(0x6900, "0.45 EUR/kWh<=>8d1f6c1e-1b5e-4c29-9d0b-111111111111"), 0);
        EXPECT_EQ(write(0x7040, {'B'}), 0);
    }
    std::string why_not_valid_now() const {
        const std::string record = text(0x7110, word(0x7101));
        const auto parts = split_ocmf(record);
        const auto signature = parts ? parse_ocmf_signature(parts->signature) : std::nullopt;
        return signature ? why_not_valid(parts->payload, *signature, key()) : "no record: " + record;
    }

    ModbusImage meter_;
    std::string memory_;
    double seconds_ = 0;
};

TEST_F(SimulatedEm580, SignsATransaction) {
    start();
    wait(3);
    EXPECT_EQ(write(0x7032, {0x3D00, 0x6761, 0, 0}), 0);
    begin_transaction();
    EXPECT_EQ(word(0x7100), 1U);
    EXPECT_EQ(write(0x7040, {'B'}), 4) << "runs already";
    EXPECT_EQ(write(0x7032, {0, 0, 0, 0}), 4) << "no clock while it runs";
    wait(600);
    EXPECT_EQ(write(0x7040, {'E'}), 0);
    EXPECT_EQ(word(0x7100), 1U);
    wait(0.2);
    EXPECT_EQ(word(0x7100), 0U);
    wait(0.2);
    ASSERT_EQ(word(0x7100), 2U);
    EXPECT_EQ(why_not_valid_now(), "");
    const auto content = parse_ocmf_payload(split_ocmf(text(0x7110, word(0x7101)))->payload);
    ASSERT_TRUE(content.has_value());
    EXPECT_EQ(content->meter, "KZ1230010001S");
    EXPECT_EQ(content->tariff, "0.45 EUR/kWh<=>8d1f6c1e-1b5e-4c29-9d0b-111111111111");
    ASSERT_EQ(content->readings.size(), 2U);
    EXPECT_EQ(content->readings[0].reason, "B");
    EXPECT_EQ(content->readings[1].reason, "E");
    EXPECT_EQ(content->readings[0].time, "2024-12-17T08:57:36,000+0000 S");
    EXPECT_EQ(content->readings[1].time, "2024-12-17T09:07:36,000+0000 S");
    EXPECT_EQ(write(0x7100, {0}), 0);
    EXPECT_EQ(word(0x7100), 0U);
}

TEST_F(SimulatedEm580, ClosesATransactionThatAPowerFailureEnded) {
    start();
    wait(3);
    begin_transaction();
    const auto key_before = key();
    SigningMeterOptions again;
    again.memory = memory_;
    start(std::move(again));
    EXPECT_EQ(key(), key_before);
    ASSERT_EQ(word(0x7100), 2U);
    EXPECT_EQ(why_not_valid_now(), "");
    EXPECT_NE(text(0x7110, word(0x7101)).find(R"("TX":"P")"), std::string::npos);
}

TEST_F(SimulatedEm580, AFlippedBitIsNotValid) {
    start();
    wait(3);
    begin_transaction();
    write(0x7040, {'E'});
    wait(1);
    ASSERT_EQ(why_not_valid_now(), "");
    meter_.registers[0x7110 + 30] ^= 1;
    EXPECT_NE(why_not_valid_now(), "");
}

TEST_F(SimulatedEm580, SignsALiveValueOfEachSecond) {
    start();
    const auto bytes = [&](unsigned first, unsigned words) {
        std::vector<std::uint8_t> read;
        for (unsigned i = 0; i < words; ++i) {
            read.push_back(static_cast<std::uint8_t>(word(first + i) >> 8U));
            read.push_back(static_cast<std::uint8_t>(word(first + i) & 0xFFU));
        }
        return read;
    };
    const auto why_not_valid_live = [&] {
        const auto data = bytes(0x0800, 61);
        return why_not_valid(std::string(data.begin(), data.end()),
                             {"ECDSA-brainpoolP384r1-SHA256", bytes(0x083D, 48)}, key());
    };
    const auto first = bytes(0x0800, 61);
    EXPECT_EQ(why_not_valid_live(), "");
    wait(1);
    EXPECT_NE(bytes(0x0800, 61), first);
    EXPECT_EQ(why_not_valid_live(), "");
    meter_.registers[0x0800] ^= 1;
    EXPECT_NE(why_not_valid_live(), "");
}

TEST_F(SimulatedEm580, RefusesTheClockStraightAfterPowerOn) {
    start();
    EXPECT_EQ(write(0x7032, {0, 0, 0, 0}), 4);
    wait(2);
    EXPECT_EQ(write(0x7032, {0, 0, 0, 0}), 0);
}

TEST_F(SimulatedEm580, WithoutSignaturesItOnlyMeasures) {
    SigningMeterOptions options;
    options.bits = 0;
    start(std::move(options));
    EXPECT_EQ(word(0x24FF), 2U);
    EXPECT_EQ(write(0x7040, {'B'}), 4);
    EXPECT_NE(word(0x0000), 0U);
}

TEST_F(SimulatedEm580, CorruptsEveryNthRecord) {
    SigningMeterOptions options;
    options.corrupt_every = 1;
    start(std::move(options));
    wait(3);
    begin_transaction();
    write(0x7040, {'E'});
    wait(1);
    EXPECT_EQ(word(0x7100), 3U);
}

TEST_F(SimulatedEm580, BadMemoryIsExplained) {
    SigningMeterOptions options;
    options.memory = "{}";
    EXPECT_THROW(signing_meter(std::move(options)), std::invalid_argument);
}

} // namespace
} // namespace gridbridge
