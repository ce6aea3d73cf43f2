#include "mqtt/files/state_lock.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <string>

namespace gridbridge {
namespace {

using testing::HasSubstr;

class StateLockTest : public testing::Test {
  protected:
    StateLockTest() {
        std::string name = (std::filesystem::temp_directory_path() / "gridbridge-lock-XXXXXX").string();
        directory_ = mkdtemp(name.data());
    }
    ~StateLockTest() override { std::filesystem::remove_all(directory_); }

    std::string directory_;
};

TEST_F(StateLockTest, IsHeldByOneOnly) {
    StateLock first(directory_);
    EXPECT_TRUE(first.is_held()) << first.problem();
    const StateLock second(directory_, std::chrono::milliseconds(30));
    EXPECT_FALSE(second.is_held());
    EXPECT_TRUE(second.is_busy());
    EXPECT_EQ(second.problem(), directory_ + ": another gridbridge keeps its settings there: stop it, or set "
                                             "another state_dir");
    first = StateLock();
    EXPECT_TRUE(StateLock(directory_).is_held());
    EXPECT_TRUE(StateLock(directory_).is_held()) << "it was given back";
}

TEST_F(StateLockTest, EndsWithTheProcessThatHeldIt) {
    int ready[2];
    ASSERT_EQ(pipe(ready), 0);
    const pid_t child = fork();
    if (child == 0) {
        const StateLock lock(directory_);
        const char said = lock.is_held() ? 'y' : 'n';
        _exit(write(ready[1], &said, 1) == 1 && pause() != 0 ? 0 : 1);
    }
    char said = 0;
    ASSERT_EQ(read(ready[0], &said, 1), 1);
    EXPECT_EQ(said, 'y');
    EXPECT_TRUE(StateLock(directory_).is_busy());
    kill(child, SIGKILL);
    ASSERT_EQ(waitpid(child, nullptr, 0), child);
    EXPECT_TRUE(StateLock(directory_).is_held());
    close(ready[0]);
    close(ready[1]);
}

TEST_F(StateLockTest, SaysWhyThereIsNone) {
    const StateLock lock(directory_ + "/missing");
    EXPECT_FALSE(lock.is_held());
    EXPECT_FALSE(lock.is_busy());
    EXPECT_THAT(lock.problem(), HasSubstr("No such file or directory"));
}

} // namespace
} // namespace gridbridge
