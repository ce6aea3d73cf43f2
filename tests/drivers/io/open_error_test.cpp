#include "drivers/io/open_error.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <thread>

#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace gridbridge::test {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

// A port as udev leaves it on Debian; we are user 1000, in the groups 1000 and 1001.
AccessFacts port_facts() {
    AccessFacts facts;
    facts.found = true;
    facts.is_device = true;
    facts.mode = 0660;
    facts.owner = 0;
    facts.group = 20;
    facts.user = 1000;
    facts.groups = {1000, 1001};
    return facts;
}

TEST(OpenError, EveryReasonHasItsAdvice) {
    const std::string path = "/dev/ttyNONE";
    EXPECT_EQ(explain_open_error(path, ENOENT),
              "/dev/ttyNONE does not exist: not plugged in, or not passed into the container");
    for (const int error : {ENODEV, ENXIO, EIO}) { // of a container whose adapter was plugged in again
        EXPECT_THAT(explain_open_error(path, error),
                    AllOf(HasSubstr("/dev/ttyNONE: nothing stands behind this device file"),
                          HasSubstr("device_cgroup_rules"), HasSubstr("on_lost = \"exit\"")));
    }
    for (const int error : {EBUSY, EWOULDBLOCK}) {
        EXPECT_EQ(explain_open_error(path, error), "/dev/ttyNONE is in use by another program: stop it, or "
                                                   "give each program a port of its own");
    }
    EXPECT_THAT(explain_open_error(path, EPERM), AllOf(HasSubstr("device cgroup"), HasSubstr("container"),
                                                       HasSubstr("DeviceAllow=/dev/ttyNONE rw")));
    EXPECT_EQ(explain_open_error(path, EISDIR), "/dev/ttyNONE: is a folder, not a file or device");
    EXPECT_EQ(explain_open_error(path, EMFILE), "/dev/ttyNONE: Too many open files");
}

TEST(OpenError, AGroupThatMayHelpsWhoIsNotInIt) {
    EXPECT_EQ(explain_denied("/dev/ttyUSB0", port_facts(), Access::ReadWrite),
              "/dev/ttyUSB0: permission denied: its group is 20, this process is user 1000 with groups 1000, "
              "1001: add `group_add: [\"20\"]` to the container, or the user to that group");
}

TEST(OpenError, AGroupThatMayNotIsNotAdvised) {
    AccessFacts facts = port_facts();
    facts.mode = 0600;
    EXPECT_THAT(explain_denied("/dev/ttyUSB0", facts, Access::ReadWrite),
                AllOf(HasSubstr("its mode is 0600, its owner 0, its group 20"), HasSubstr("udev rule"),
                      Not(HasSubstr("group_add"))));
    facts.mode = 0640; // enough to read only
    EXPECT_THAT(explain_denied("/dev/ttyUSB0", facts, Access::ReadWrite), HasSubstr("udev rule"));
    EXPECT_THAT(explain_denied("/dev/ttyUSB0", facts, Access::Read), HasSubstr("group_add"));
}

TEST(OpenError, AMemberOfTheGroupIsNotSentIntoIt) {
    AccessFacts facts = port_facts();
    facts.groups = {20, 1000};
    facts.mode = 0606; // the kernel looks at the group's bits and at no others
    EXPECT_THAT(explain_denied("/dev/ttyUSB0", facts, Access::ReadWrite),
                AllOf(HasSubstr("its mode is 0606"), Not(HasSubstr("group_add"))));
    facts.mode = 0660;
    EXPECT_THAT(explain_denied("/dev/ttyUSB0", facts, Access::ReadWrite),
                AllOf(HasSubstr("0660 grants it"), HasSubstr("AppArmor"), Not(HasSubstr("group_add"))));
}

TEST(OpenError, AFileIsGivenItsModeByHand) {
    AccessFacts facts = port_facts();
    facts.is_device = false;
    facts.mode = 0200;
    facts.owner = facts.user;
    EXPECT_THAT(explain_denied("/var/log/x", facts, Access::Read),
                AllOf(HasSubstr("its mode is 0200"), HasSubstr(": chmod u+r /var/log/x")));
    facts.owner = 0;
    EXPECT_THAT(explain_denied("/var/log/x", facts, Access::Read), HasSubstr(": chmod g+r /var/log/x"));
}

TEST(OpenError, AClosedFolderIsNamed) {
    AccessFacts facts = port_facts();
    facts.found = false;
    EXPECT_EQ(explain_denied("/closed/x", facts, Access::Read), "/closed/x: permission denied");
    facts.closed_folder = "/closed";
    EXPECT_THAT(explain_denied("/closed/x", facts, Access::Read),
                AllOf(HasSubstr("the folder /closed may not be entered"), Not(HasSubstr("group_add"))));
}

class OpenErrorFiles : public testing::Test {
  protected:
    OpenErrorFiles() {
        std::string pattern = (std::filesystem::temp_directory_path() / "gridbridge-XXXXXX").string();
        folder = ::mkdtemp(pattern.data());
        std::ofstream(folder / "x") << "y";
    }
    ~OpenErrorFiles() override {
        ::chmod(folder.c_str(), 0700);
        std::filesystem::remove_all(folder);
    }
    std::filesystem::path folder;
};

TEST_F(OpenErrorFiles, FactsAreThoseOfTheSystem) {
    ASSERT_EQ(::chmod((folder / "x").c_str(), 0640), 0);
    const AccessFacts facts = access_facts(folder / "x");
    EXPECT_TRUE(facts.found);
    EXPECT_FALSE(facts.is_device);
    EXPECT_EQ(facts.mode, 0640U);
    EXPECT_EQ(facts.owner, ::geteuid());
    EXPECT_EQ(facts.user, ::geteuid());
    EXPECT_THAT(facts.groups, testing::Contains(::getegid()));
    EXPECT_EQ(facts.closed_folder, "");
    EXPECT_FALSE(access_facts(folder / "none").found);
    EXPECT_TRUE(access_facts("/dev/null").is_device);
}

TEST_F(OpenErrorFiles, AFolderThatMayNotBeEnteredIsFound) {
    ASSERT_EQ(::chmod(folder.c_str(), 0), 0);
    std::string text;
    std::thread([&] { // the system call changes the user of this thread alone; root may enter everywhere
        const bool is_root = ::geteuid() == 0;
        if (is_root && ::syscall(SYS_setresuid, -1, 65534, -1) != 0) {
            return;
        }
        text = explain_open_error(folder / "x", EACCES, Access::Read);
    })
        .join();
    EXPECT_THAT(text, HasSubstr("the folder " + folder.string() + " may not be entered"));
}

} // namespace
} // namespace gridbridge::test
