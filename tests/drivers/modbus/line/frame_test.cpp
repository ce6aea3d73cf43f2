#include "drivers/modbus/line/frame.hpp"

#include <gtest/gtest.h>

namespace gridbridge {
namespace {

using State = Inspection::State;

const Request read_two{1, Function::ReadHolding, 0x0000_reg, 2};
// Bytes captured on a real ET112.
const Bytes captured{0x01, 0x03, 0x04, 0x09, 0x1B, 0x00, 0x00, 0x89, 0xA8};

Bytes with_crc(Bytes frame) {
    const std::uint16_t crc = modbus_crc(frame);
    frame.push_back(static_cast<std::uint8_t>(crc & 0xFF));
    frame.push_back(static_cast<std::uint8_t>(crc >> 8));
    return frame;
}

TEST(Frame, ChecksumOfACapturedRequest) {
    EXPECT_EQ(with_crc(raw_request(read_two)), (Bytes{0x01, 0x03, 0x00, 0x00, 0x00, 0x02, 0xC4, 0x0B}));
}

TEST(Frame, SerialAnswerIsCompleteAtItsLastByteOnly) {
    for (std::size_t size = 0; size < captured.size(); ++size) {
        EXPECT_EQ(inspect_serial(ByteView(captured).first(size), read_two).state, State::Incomplete) << size;
    }
    const Inspection found = inspect_serial(captured, read_two);
    ASSERT_EQ(found.state, State::Complete);
    EXPECT_EQ(check_answer(ByteView(captured).subspan(found.offset, found.length), read_two),
              (std::vector<std::uint16_t>{0x091B, 0}));
}

TEST(Frame, ForeignBytesBeforeTheAnswerAreSkipped) {
    Bytes noisy{0x00, 0xFF, 0x01};
    noisy.insert(noisy.end(), captured.begin(), captured.end());
    const Inspection found = inspect_serial(noisy, read_two);
    ASSERT_EQ(found.state, State::Complete);
    EXPECT_EQ(found.offset, 3U);
}

TEST(Frame, EverySingleBitErrorIsFound) {
    for (std::size_t bit = 0; bit < captured.size() * 8; ++bit) {
        Bytes broken = captured;
        broken[bit / 8] = static_cast<std::uint8_t>(broken[bit / 8] ^ (1U << bit % 8));
        EXPECT_NE(inspect_serial(broken, read_two).state, State::Complete) << bit;
    }
}

TEST(Frame, AnotherUnitOrFunctionIsBad) {
    EXPECT_EQ(inspect_serial(with_crc({2, 3, 4, 0, 1, 0, 2}), read_two).state, State::Bad);
    EXPECT_EQ(inspect_serial(with_crc({1, 4, 4, 0, 1, 0, 2}), read_two).state, State::Bad);
}

TEST(Frame, AnAnswerOfAnotherLengthIsBad) {
    const Bytes late = with_crc({1, 3, 2, 0, 71});
    const Inspection found = inspect_serial(late, read_two);
    ASSERT_EQ(found.state, State::Complete);
    EXPECT_THROW(check_answer(ByteView(late).subspan(found.offset, found.length), read_two), BadReply);
}

TEST(Frame, ExceptionReply) {
    const Bytes reply = with_crc({1, 0x83, 2});
    const Inspection found = inspect_serial(reply, read_two);
    ASSERT_EQ(found.state, State::Complete);
    try {
        check_answer(ByteView(reply).subspan(found.offset, found.length), read_two);
        FAIL();
    } catch (const ExceptionReply& exception) {
        EXPECT_EQ(exception.code(), 2);
    }
}

TEST(Frame, AWriteMustBeConfirmedAsSent) {
    const Request write{1, Function::WriteSingle, 0x1101_reg, 7};
    EXPECT_TRUE(check_answer(raw_request(write), write).empty());
    Bytes other = raw_request(write);
    other.back() = 6;
    EXPECT_THROW(check_answer(other, write), BadReply);
}

// The example of "MODBUS Application Protocol" V1.1b3, 6.12.
TEST(Frame, SeveralWordsAreWrittenAtOnce) {
    const Request write{1, Function::WriteMultiple, 0x0001_reg, 2, {0x000A, 0x0102}};
    EXPECT_EQ(raw_request(write), (Bytes{0x01, 0x10, 0x00, 0x01, 0x00, 0x02, 0x04, 0x00, 0x0A, 0x01, 0x02}));
    EXPECT_EQ(tcp_request(write, 7), (Bytes{0x00, 0x07, 0x00, 0x00, 0x00, 0x0B, 0x01, 0x10, 0x00, 0x01, 0x00,
                                            0x02, 0x04, 0x00, 0x0A, 0x01, 0x02}));
    EXPECT_EQ(serial_request_length(write), with_crc(raw_request(write)).size());
    const Bytes echo{0x01, 0x10, 0x00, 0x01, 0x00, 0x02};
    EXPECT_EQ(serial_answer_length(write), with_crc(echo).size());
    EXPECT_TRUE(check_answer(echo, write).empty());
    for (std::size_t i = 2; i < echo.size(); ++i) {
        Bytes other = echo;
        ++other[i];
        EXPECT_THROW(check_answer(other, write), BadReply) << i;
    }
    EXPECT_THROW(check_answer(Bytes{0x01, 0x90, 0x03}, write), ExceptionReply);
    const Bytes received = with_crc(echo);
    const Inspection found = inspect_serial(received, write);
    ASSERT_EQ(found.state, State::Complete);
    EXPECT_EQ(found.length, echo.size());
    const Request most{1, Function::WriteMultiple, 0x6900_reg, max_words_to_write,
                       std::vector<std::uint16_t>(max_words_to_write)};
    EXPECT_EQ(serial_request_length(most), 255U) << "a serial frame has at most 256 bytes";
}

TEST(Frame, TcpAnswersOfOlderRequestsAreStale) {
    const Bytes reply{0x12, 0x34, 0, 0, 0, 7, 1, 3, 4, 0x09, 0x1B, 0, 0};
    const Inspection found = inspect_tcp(reply, read_two, 0x1234);
    ASSERT_EQ(found.state, State::Complete);
    EXPECT_EQ(check_answer(ByteView(reply).subspan(found.offset, found.length), read_two).at(0), 0x091B);
    const Inspection stale = inspect_tcp(reply, read_two, 0x1235);
    EXPECT_EQ(stale.state, State::Stale);
    EXPECT_EQ(stale.length, reply.size());
    EXPECT_EQ(inspect_tcp(ByteView(reply).first(9), read_two, 0x1234).state, State::Incomplete);
}

TEST(Frame, TcpHeaderIsChecked) {
    EXPECT_EQ(inspect_tcp(Bytes{0, 1, 0, 9, 0, 7, 1, 3, 4}, read_two, 1).state, State::Bad);
    EXPECT_EQ(inspect_tcp(Bytes{0, 1, 0, 0, 0, 1, 1, 3, 4}, read_two, 1).state, State::Bad);
    EXPECT_EQ(inspect_tcp(Bytes{0, 1, 0, 0, 0xFF, 0xFF, 1, 3}, read_two, 1).state, State::Bad);
    EXPECT_EQ(inspect_tcp(Bytes{0, 1, 0, 0, 0, 3, 2, 0x83, 2}, read_two, 1).state, State::Bad);
}

TEST(Frame, TimesOfTheLine) {
    using std::chrono::microseconds;
    EXPECT_EQ(silent_gap({9600, 10}), microseconds(3645));
    EXPECT_EQ(silent_gap({19200, 11}), microseconds(2005));
    EXPECT_EQ(silent_gap({115200, 10}), microseconds(1750));
    EXPECT_EQ(wire_time({9600, 10}, 8), microseconds(8333));
}

} // namespace
} // namespace gridbridge
