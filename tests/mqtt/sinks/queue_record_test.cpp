#include "mqtt/sinks/queue_record.hpp"

#include "mqtt/sinks/queue_position.hpp"

#include <gtest/gtest.h>

namespace gridbridge {
namespace {

const QueuedPoint one{7, -1'793'000'000'000, 0xFFEE'DDCC'BBAA'0099U, "BX012", std::string("a\0b=1", 5)};

std::string bytes_of(const QueuedPoint& point) {
    std::string bytes;
    append_record(bytes, point);
    return bytes;
}

TEST(QueueRecord, ComesBackAsItWas) {
    for (const QueuedPoint& point : {one, QueuedPoint{1, 0, 0, "", ""}, QueuedPoint{~0ULL, 5, 0, "x", "y"}}) {
        const std::string bytes = bytes_of(point) + "what follows";
        QueuedPoint read;
        std::size_t size = 0;
        ASSERT_EQ(read_record(bytes, read, size), RecordState::Whole);
        EXPECT_EQ(read, point);
        EXPECT_EQ(size, record_size(point));
        EXPECT_EQ(size, bytes.size() - 12);
    }
}

// A file that was written by an earlier version is read by this one.
TEST(QueueRecord, HasTheBytesOfItsDescription) {
    const std::string expected{"\x1D\0\0\0" // 29 bytes are hashed
                               "\x19\xAF\x68\x68\x28\xB4\xBB\x67"
                               "\x02\0\0\0\0\0\0\0"
                               "\x03\0\0\0\0\0\0\0"
                               "\0\0\0\0\0\0\0\0"
                               "\x01\0"
                               "SAB",
                               41};
    EXPECT_EQ(bytes_of({2, 3, 0, "S", "AB"}), expected);
}

TEST(QueueRecord, IsIncompleteWhereverItEnds) {
    const std::string bytes = bytes_of(one);
    for (std::size_t size = 0; size < bytes.size(); ++size) {
        QueuedPoint read;
        std::size_t ignored = 0;
        EXPECT_EQ(read_record(bytes.substr(0, size), read, ignored), RecordState::Incomplete) << size;
    }
}

TEST(QueueRecord, NoChangedBitIsBelieved) {
    const std::string bytes = bytes_of(one);
    for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
        std::string changed = bytes;
        changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << bit % 8));
        QueuedPoint read;
        std::size_t size = 0;
        EXPECT_NE(read_record(changed + std::string(max_record, 'x'), read, size), RecordState::Whole) << bit;
    }
}

TEST(QueuePosition, TheNewestWholeSlotCounts) {
    const QueuePosition older{4, 100, 200, 9};
    const QueuePosition newer{5, 150, 250, 9};
    const std::string file = position_bytes(older) + position_bytes(newer);
    EXPECT_EQ(read_position(file), newer);
    EXPECT_EQ(read_position(position_bytes(newer) + position_bytes(older)), newer);
    std::string torn = file;
    torn[position_slot + 9] = static_cast<char>(torn[position_slot + 9] ^ 1);
    EXPECT_EQ(read_position(torn), older);
    EXPECT_EQ(read_position(file.substr(0, position_slot + 5)), older);
    EXPECT_EQ(read_position(""), std::nullopt);
    EXPECT_EQ(read_position(std::string(2 * position_slot, '\0')), std::nullopt);
}

} // namespace
} // namespace gridbridge
