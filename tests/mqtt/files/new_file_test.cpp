#include "mqtt/files/new_file.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>

namespace gridbridge {
namespace {

namespace fs = std::filesystem;

class NewFile : public testing::Test {
  public:
    ~NewFile() override { fs::remove_all(folder_); }

  protected:
    NewFile() {
        std::string name = (fs::temp_directory_path() / "gridbridge-XXXXXX").string();
        folder_ = ::mkdtemp(name.data());
    }
    std::string content() const {
        std::ifstream file(folder_ / "a.xml", std::ios::binary);
        return {std::istreambuf_iterator<char>(file), {}};
    }
    std::ptrdiff_t files() const {
        return std::distance(fs::directory_iterator(folder_), fs::directory_iterator());
    }
    fs::path folder_;
};

TEST_F(NewFile, IsNeverWrittenOverAnotherUnasked) {
    EXPECT_TRUE(write_new_file(folder_ / "a.xml", "one", false));
    EXPECT_FALSE(write_new_file(folder_ / "a.xml", "two", false));
    EXPECT_EQ(content(), "one");
    EXPECT_TRUE(write_new_file(folder_ / "a.xml", "two", true));
    EXPECT_EQ(content(), "two");
    EXPECT_EQ(files(), 1) << "nothing is left beside it";
}

TEST_F(NewFile, TellsWhyItCannotBeWritten) {
    try {
        write_new_file(folder_ / "missing" / "a.xml", "one", false);
        FAIL();
    } catch (const std::system_error& error) {
        EXPECT_EQ(error.code(), std::errc::no_such_file_or_directory);
        EXPECT_NE(std::string(error.what()).find("missing/a.xml"), std::string::npos);
    }
    EXPECT_THROW(write_new_file(folder_, "one", true), std::system_error);
    EXPECT_EQ(files(), 0);
}

} // namespace
} // namespace gridbridge
