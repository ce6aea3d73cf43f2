// Encrypted telegrams in a bundle: deciphered with their key, left out without.
#include "app/bundle/deciphered.hpp"
#include "drivers/stream/p1/p1.hpp"
#include "tests/app/bundle/streams.hpp"
#include "tests/drivers/stream/cipher/encrypt.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gridbridge {
namespace {

using testing::HasSubstr;

Recording encrypted_recording(const CipherKey& key) {
    Recording recording;
    recording.connections[1] = {1, "p1+tcp://a:1", WireKind::StreamTcp, WireDialect::P1, ""};
    for (int i = 0; i < 3; ++i) {
        const Bytes frame =
            test::encrypted(p1(i), key, luxembourg_authentication, static_cast<std::uint8_t>(i + 1));
        const auto middle = frame.begin() + 100;
        const Clock::time_point at{std::chrono::seconds(i)};
        recording.records.push_back({Record::Kind::Received, 1, at, {frame.begin(), middle}, {}, 0, 0});
        recording.records.push_back({Record::Kind::Received, 1, at, {middle, frame.end()}, {}, 0, 0});
    }
    return recording;
}

TEST(Deciphered, WithTheKeyTheTelegramsStandInTheirPlace) {
    CipherKey key{};
    key.fill(0x42);
    const Recording before = encrypted_recording(key);
    const Recording after = deciphered(before, {{1, CipherKeys{key, {}}}});
    ASSERT_EQ(after.records.size(), before.records.size());
    Bytes stream;
    for (std::size_t i = 0; i < after.records.size(); ++i) {
        EXPECT_EQ(after.records[i].bytes.size(), before.records[i].bytes.size());
        add(stream, after.records[i].bytes);
    }
    const Decoded telegrams = decoded<P1Decoder>(stream);
    EXPECT_EQ(telegrams.telegrams.size(), 3U);
    EXPECT_EQ(telegrams.counters.skipped_bytes, 0U);
}

TEST(Deciphered, WithoutTheKeyNothingIsLeft) {
    CipherKey key{};
    key.fill(0x42);
    const Recording after = deciphered(encrypted_recording(key), {});
    ASSERT_EQ(after.records.size(), 1U);
    EXPECT_EQ(after.records[0].kind, Record::Kind::Note);
    EXPECT_THAT(after.records[0].text, HasSubstr("6 records"));
    key.fill(0x43); // a wrong one
    for (const Record& record :
         deciphered(encrypted_recording(key), {{1, CipherKeys{CipherKey{}, {}}}}).records) {
        EXPECT_EQ(text_of(record.bytes), std::string(record.bytes.size(), '\n'));
    }
}

TEST(Deciphered, LeavesPlainTelegramsAlone) {
    Recording recording;
    recording.connections[1] = {1, "p1+tcp://a:1", WireKind::StreamTcp, WireDialect::P1, ""};
    recording.records.push_back({Record::Kind::Received, 1, {}, p1(1), {}, 0, 0});
    EXPECT_EQ(deciphered(recording, {}).records, recording.records);
}

} // namespace
} // namespace gridbridge
