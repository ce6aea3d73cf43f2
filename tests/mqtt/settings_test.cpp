#include "mqtt/settings.hpp"
#include "mqtt/state_file.hpp"

#include <gtest/gtest.h>

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace gridbridge {
namespace {

class Folder {
  public:
    Folder() {
        std::string name = (std::filesystem::temp_directory_path() / "gridbridge-test-XXXXXX").string();
        path_ = mkdtemp(name.data());
    }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    ~Folder() { std::filesystem::remove_all(path_); }
    const std::string& path() const { return path_; }

  private:
    std::string path_;
};

TEST(Settings, InstancesAreAllocatedOnceFromThirtyUpward) {
    Settings settings;
    EXPECT_EQ(settings.instance_for("cgwacs_A", "grid", {}), 30);
    EXPECT_EQ(settings.instance_for("cgwacs_B", "grid", {}), 31);
    EXPECT_EQ(settings.instance_for("cgwacs_A", "pvinverter", {}), 30) << "classes are counted apart";
    EXPECT_EQ(settings.instance_for("p1_C", "grid", 31), 32) << "taken: the next free one";
    EXPECT_EQ(settings.instance_for("p1_D", "grid", 99), 99);
    EXPECT_EQ(settings.instance_for("cgwacs_A", "grid", 7), 30) << "what was kept wins";
    EXPECT_TRUE(settings.changed());
}

TEST(Settings, SurviveTheFile) {
    Settings settings;
    settings.set_portal_id("c0619ab40123");
    settings.instance_for("cgwacs_A", "grid", {});
    settings.set_reverse_kwh("cgwacs_A", {1.5, 2.25, 3.125});
    const auto again = Settings::from_json(settings.to_json());
    ASSERT_TRUE(again);
    EXPECT_FALSE(again->changed());
    EXPECT_EQ(again->portal_id(), "c0619ab40123");
    EXPECT_EQ(again->reverse_kwh("cgwacs_A"), (std::array<double, 3>{1.5, 2.25, 3.125}));
    Settings copy = *again;
    EXPECT_EQ(copy.instance_for("p1_B", "grid", {}), 31) << "never reused for another meter";
}

TEST(Settings, OddFilesGiveNothingOrDefaults) {
    for (const char* text : {"", "{", "[]", "7", "{}", R"({"version":"x"})"}) {
        EXPECT_FALSE(Settings::from_json(text)) << text;
    }
    const auto odd = Settings::from_json(
        R"({"version":9,"new":1,"portal_id":7,"devices":{"a":{"instances":{"grid":"x","acload":-4},"reverse_kwh":"y"},"b":[],"c":{"instances":[1]}}})");
    ASSERT_TRUE(odd);
    EXPECT_EQ(odd->portal_id(), "");
    Settings settings = *odd;
    EXPECT_EQ(settings.instance_for("a", "grid", {}), 30);
}

TEST(StateFile, IsReplacedAsAWhole) {
    const Folder folder;
    const StateFile file(folder.path() + "/deep/state");
    EXPECT_EQ(file.load(), std::nullopt);
    EXPECT_EQ(file.why_not_writable(), "");
    file.save("one");
    file.save("two");
    EXPECT_EQ(file.load(), "two");
    EXPECT_FALSE(std::filesystem::exists(file.path() + ".new"));
    struct stat info {};
    ASSERT_EQ(stat(file.path().c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777U, 0600U);
}

TEST(StateFile, AWriteThatFailsLeavesTheOldOne) {
    const Folder folder;
    const StateFile file(folder.path());
    file.save("old");
    std::filesystem::create_directory(file.path() + ".new"); // in the way of the temporary file
    EXPECT_THROW(file.save("new"), std::runtime_error);
    EXPECT_EQ(file.load(), "old");
}

TEST(StateFile, SaysWhyItCannotWrite) {
    const Folder folder;
    std::ofstream(folder.path() + "/file") << "x";
    EXPECT_NE(StateFile(folder.path() + "/file/state").why_not_writable(), "");
    EXPECT_NE(StateFile("").why_not_writable(), "");
}

TEST(StateFile, BrokenFilesAreSetAside) {
    const Folder folder;
    const StateFile file(folder.path());
    file.save("garbage");
    const std::string aside = file.set_aside();
    EXPECT_EQ(file.load(), std::nullopt);
    EXPECT_TRUE(std::filesystem::exists(aside));
}

} // namespace
} // namespace gridbridge
