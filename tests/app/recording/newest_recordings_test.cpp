// What is read from a ring of recordings while it is written, compressed and thinned out.
#include "app/recording/newest_recordings.hpp"

#include "app/recording/packing.hpp"
#include "app/recording/recording_file.hpp"
#include "app/recording/recording_folder.hpp"
#include "tests/app/recording/recording_world.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

namespace gridbridge {
namespace {

using testing::ElementsAre;

class NewestRecordings : public testing::Test {
  protected:
    NewestRecordings() {
        std::string name = std::filesystem::temp_directory_path() / "gridbridge-newest-XXXXXX";
        folder_ = ::mkdtemp(name.data());
    }
    void TearDown() override { std::filesystem::remove_all(folder_); }

    std::string path(std::uint64_t number) const { return folder_ + "/" + ring_file_name(0, number); }
    void put(const std::string& path, std::size_t bytes = 10) const {
        std::ofstream(path) << std::string(bytes, 'x');
    }
    std::vector<std::string> names() const {
        std::vector<std::string> all;
        for (const auto& [name, bytes] : newest_recordings(folder_, 0)) {
            all.push_back(name);
        }
        return all;
    }

    std::string folder_;
};

TEST_F(NewestRecordings, AFileThatIsThereInBothFormsIsReadOnce) {
    put(path(1));
    put(path(2));
    put(path(2) + packed_suffix);
    put(path(3));
    EXPECT_EQ(ring_files(folder_).size(), 4U);
    const auto readable = recordings_in(folder_);
    ASSERT_EQ(readable.size(), 3U);
    EXPECT_TRUE(readable[1].is_packed);
    const std::string packed = ring_file_name(0, 2) + packed_suffix;
    EXPECT_THAT(names(), ElementsAre(ring_file_name(0, 1), packed, ring_file_name(0, 3)));
}

TEST_F(NewestRecordings, NoneIsMissedWhileTheyAreCompressed) {
    constexpr std::uint64_t count = 60;
    for (std::uint64_t number = 1; number <= count; ++number) {
        put(path(number), 1000);
    }
    std::atomic<bool> is_over = false;
    std::thread packs([&] {
        for (std::uint64_t number = 1; number <= count; ++number) {
            Packing packing(path(number));
            while (packing.step()) {
            }
        }
        is_over = true;
    });
    do {
        const auto all = newest_recordings(folder_, 0);
        EXPECT_EQ(all.size(), count);
        for (const auto& [name, bytes] : all) {
            EXPECT_FALSE(bytes.empty()) << name;
        }
    } while (!is_over);
    packs.join();
}

TEST_F(NewestRecordings, AFileThatWasCompressedSinceItWasNamedIsReadToo) {
    RecordingWriter writer(world_head());
    writer.add({Record::Kind::Note, 0, at_ns(1), {}, "a note", 0, 0});
    writer.finish();
    const Bytes bytes = writer.take();
    std::ofstream(path(1), std::ios::binary)
        .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    Packing packing(path(1));
    while (packing.step()) {
    }
    ASSERT_FALSE(std::filesystem::exists(path(1)));
    RecordingFile file(path(1));
    const auto record = file.next();
    ASSERT_TRUE(record);
    EXPECT_EQ(record->text, "a note");
}

TEST_F(NewestRecordings, OldOnesAreLeftOutAndWhatIsTooMuch) {
    put(path(1));
    put(path(2));
    std::filesystem::last_write_time(path(1),
                                     std::filesystem::file_time_type::clock::now() - std::chrono::hours(2));
    const auto hour_ago =
        std::chrono::file_clock::to_sys(std::filesystem::last_write_time(path(2))) - std::chrono::hours(1);
    const auto since = std::chrono::duration_cast<std::chrono::seconds>(hour_ago.time_since_epoch()).count();
    const auto newest = newest_recordings(folder_, since);
    ASSERT_EQ(newest.size(), 1U);
    EXPECT_EQ(newest[0].first, ring_file_name(0, 2));
    put(path(3) + packed_suffix, 3'000'000); // some 36 MB unpacked
    EXPECT_THAT(names(), ElementsAre());
    EXPECT_THAT(newest_recordings(folder_ + "/none", 0), ElementsAre());
}

} // namespace
} // namespace gridbridge
