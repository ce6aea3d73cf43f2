// Files of added meters beside the main file: the main one wins, and nothing in them is an error.
#include "app/config/added_meters.hpp"
#include "app/config/load_config.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace gridbridge {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::Field;
using testing::HasSubstr;
using testing::IsEmpty;

Config main_file(const std::string& text) {
    Config config;
    Findings findings;
    apply_file(config, text, "main.toml", findings);
    EXPECT_THAT(findings.errors, IsEmpty());
    return config;
}

struct Taken {
    std::vector<std::string> uris;
    Findings findings;
};

Taken taken(const std::string& main, const std::vector<AddedFile>& files) {
    Taken made;
    for (const MeterTable& table : added_meters(main_file(main), files, made.findings)) {
        made.uris.push_back(table.meter.uri);
    }
    EXPECT_THAT(made.findings.errors, IsEmpty());
    return made;
}

auto warns(const std::string& where, const std::string& part) {
    return AllOf(Field(&Problem::where, where), Field(&Problem::text, HasSubstr(part)));
}

TEST(AddedMeters, AreTakenInOrder) {
    const Taken made =
        taken("[[meter]]\nuri = \"cg+tcp://a\"\n",
              {{"/s/1.toml", "[[meter]]\nuri = \"cg+tcp://b\"\nname = \"B\"\n", {}},
               {"/s/2.toml", "[[meter]]\nuri = \"cg+tcp://c\"\n[[meter]]\nuri = \"cg+tcp://d\"\n", {}}});
    EXPECT_THAT(made.uris, ElementsAre("cg+tcp://b", "cg+tcp://c", "cg+tcp://d"));
    EXPECT_THAT(made.findings.warnings, IsEmpty());
}

TEST(AddedMeters, TheMainFileWinsAndBothPlacesAreNamed) {
    const Taken made = taken("\n[[meter]]\nuri = \"cg+tcp://a\"\n",
                             {{"/s/1.toml", "[[meter]]\nuri = \"cg+tcp://A\"\n", {}}});
    EXPECT_THAT(made.uris, IsEmpty());
    EXPECT_THAT(made.findings.warnings, ElementsAre(AllOf(warns("/s/1.toml:1", "is configured twice"),
                                                          Field(&Problem::text, HasSubstr("main.toml:2")))));
}

TEST(AddedMeters, ADisabledMeterOfTheMainFileWinsToo) {
    const Taken made = taken("[[meter]]\nuri = \"cg+tcp://a\"\nenabled = false\n",
                             {{"/s/1.toml", "[[meter]]\nuri = \"cg+tcp://a\"\n", {}}});
    EXPECT_THAT(made.uris, IsEmpty());
    EXPECT_THAT(made.findings.warnings, ElementsAre(warns("/s/1.toml:1", "main.toml:1")));
}

TEST(AddedMeters, TheEarlierFileWins) {
    const Taken made =
        taken("", {{"/s/1.toml", "[[meter]]\nuri = \"p1+tcp://h:1\"\n", {}},
                   {"/s/2.toml", "\n[[meter]]\nuri = \"p1+tcp://h:1\"\nenabled = false\n", {}}});
    EXPECT_THAT(made.uris, ElementsAre("p1+tcp://h:1"));
    EXPECT_THAT(made.findings.warnings, ElementsAre(warns("/s/2.toml:2", "/s/1.toml:1")));
}

TEST(AddedMeters, AShareOfTheMainFileIsTaken) {
    const Taken made = taken("[[meter]]\nuri = \"p1+tcp://h:1\"\nshare = \"3240\"\n",
                             {{"/s/1.toml", "[[meter]]\nuri = \"p1+tcp://h:2\"\nshare = \"3240\"\n", {}}});
    EXPECT_THAT(made.uris, IsEmpty());
    EXPECT_THAT(made.findings.warnings, ElementsAre(warns("/s/1.toml:1", "is taken by p1+tcp://h:1")));
}

struct Fault {
    std::string text, part;
};

class AddedFaults : public testing::TestWithParam<Fault> {};

TEST_P(AddedFaults, AreWarningsAndOtherFilesAreTaken) {
    const Taken made = taken("", {{"/s/bad.toml", GetParam().text, {}},
                                  {"/s/good.toml", "[[meter]]\nuri = \"cg+tcp://good\"\n", {}}});
    EXPECT_THAT(made.uris, ElementsAre("cg+tcp://good"));
    EXPECT_THAT(made.findings.warnings, Contains(AllOf(Field(&Problem::where, HasSubstr("/s/bad.toml:")),
                                                       Field(&Problem::text, HasSubstr(GetParam().part)))));
}

INSTANTIATE_TEST_SUITE_P(
    Every, AddedFaults,
    testing::Values(Fault{"[[meter]\n", "Error"}, Fault{"[[meter]]\nname = \"x\"\n", "needs uri"},
                    Fault{"[[meter]]\nuri = 7\n", "needs uri"},
                    Fault{"[[meter]]\nuri = \"nonsense\"\n", "must be <driver>"},
                    Fault{"[[meter]]\nuri = \"cg+tcp://h\"\nunit = 300\n", "1 to 247"},
                    Fault{"[[meter]]\nuri = \"cg+tcp://h\"\nnone = 1\n", "unknown key"},
                    Fault{"[[meter]]\nuri = \"cg+tcp://h\"\nname = {a = 1}\n", "single value"},
                    Fault{"[[meter]]\nuri = \"cg+tcp://h\"\nmodel = \"em99\"\n", "must be one of"},
                    Fault{"portal_id = \"evil\"\n", "\"portal_id\" is not read here"},
                    Fault{"[mqtt]\nservers = [\"mqtt://evil\"]\n", "\"mqtt\" is not read here"},
                    Fault{"[meter]\nuri = \"cg+tcp://h\"\n", "\"meter\" is not read here"},
                    Fault{"meter = [1]\n", "\"meter\" is not read here"}, Fault{"\xff\xfe", "utf-8"}));

TEST(AddedMeters, WhatCouldNotBeReadIsToldAsItIs) {
    const Taken made = taken("", {{"/s/1.toml", {}, "is longer than 64 kB"}});
    EXPECT_THAT(made.findings.warnings, ElementsAre(warns("/s/1.toml", "longer than 64 kB")));
}

TEST(Disabled, AMeterIsListedAndNotDriven) {
    const Config config =
        main_file("[[meter]]\nuri = \"cg+tcp://a\"\n[[meter]]\nuri = \"cg+tcp://a\"\nenabled = false\n");
    ASSERT_EQ(config.meters.size(), 1U);
    ASSERT_EQ(config.disabled_meters.size(), 1U);
    Findings findings;
    check_config(config, findings);
    EXPECT_THAT(findings.errors, IsEmpty());
    EXPECT_THAT(show_config(config), HasSubstr("uri = \"cg+tcp://a\"\nenabled = false\n"));
}

TEST(NoMeter, IsAnErrorUnlessOneCanBeAddedOnThePage) {
    Config config;
    Findings findings;
    check_config(config, findings);
    EXPECT_THAT(findings.errors, ElementsAre(Field(&Problem::text, HasSubstr("no meter is configured"))));
    findings = {};
    config.status_password_file = "/secret";
    check_config(config, findings);
    EXPECT_THAT(findings.errors, IsEmpty());
    EXPECT_THAT(findings.warnings, ElementsAre(Field(&Problem::text, HasSubstr("add one on the page"))));
    config.status_listen.clear();
    findings = {};
    check_config(config, findings);
    EXPECT_EQ(findings.errors.size(), 1U);
}

TEST(NoMeter, AMissingGridMeterOfTheGxDoesNotEndTheServiceThen) {
    Config config = main_file(
        "[gx]\nmode = \"em24-ethernet\"\nlisten = \"127.0.0.1:1502\"\n[status]\npassword_file = \"/s\"\n"
        "[[meter]]\nuri = \"sunspec+tcp://h\"\n");
    Findings findings;
    check_config(config, findings);
    EXPECT_THAT(findings.errors, IsEmpty());
    EXPECT_THAT(findings.warnings, ElementsAre(Field(&Problem::text, HasSubstr("the GX waits"))));
}

// A state directory with files of added meters.
class AddedOnDisk : public testing::Test {
  protected:
    AddedOnDisk() {
        std::string name = testing::TempDir() + "addedXXXXXX";
        EXPECT_NE(::mkdtemp(name.data()), nullptr);
        root_ = name;
        write("main.toml", "state_dir = \"" + root_.string() + "\"\n[[meter]]\nuri = \"cg+tcp://main\"\n");
    }
    ~AddedOnDisk() override { std::filesystem::remove_all(root_); }
    AddedOnDisk(const AddedOnDisk&) = delete;
    AddedOnDisk& operator=(const AddedOnDisk&) = delete;

    void write(const std::string& name, const std::string& text) const {
        std::filesystem::create_directories((root_ / name).parent_path());
        std::ofstream(root_ / name) << text;
    }
    Loaded load(std::vector<std::string> meters = {}) const {
        Options options;
        options.config_file = (root_ / "main.toml").string();
        options.meters = std::move(meters);
        Loaded loaded = load_config(options);
        // The variables of this test run are none of the program's.
        std::erase_if(loaded.findings.warnings,
                      [](const Problem& warning) { return warning.where.starts_with("GRIDBRIDGE_"); });
        return loaded;
    }
    std::filesystem::path root_;
};

TEST_F(AddedOnDisk, WithoutTheFolderNothingIsSaid) {
    const Loaded loaded = load();
    EXPECT_THAT(loaded.findings.errors, IsEmpty());
    EXPECT_THAT(loaded.findings.warnings, IsEmpty());
    EXPECT_EQ(loaded.config.meters.size(), 1U);
}

TEST_F(AddedOnDisk, TheFilesAreReadByName) {
    write("meters.d/b.toml", "[[meter]]\nuri = \"cg+tcp://b\"\n");
    write("meters.d/a.toml", "[[meter]]\nuri = \"cg+tcp://a\"\nenabled = false\n");
    write("meters.d/c.toml.new", "[[meter]]\nuri = \"cg+tcp://c\"\n");
    const Loaded loaded = load();
    EXPECT_THAT(loaded.findings.warnings, IsEmpty());
    ASSERT_EQ(loaded.config.meters.size(), 2U);
    EXPECT_EQ(loaded.config.meters[1].uri, "cg+tcp://b");
    EXPECT_EQ(loaded.config.disabled_meters.size(), 1U);
}

TEST_F(AddedOnDisk, MetersOfTheCommandLineReplaceThem) {
    write("meters.d/a.toml", "[[meter]]\nuri = \"cg+tcp://a\"\n");
    const Loaded loaded = load({"cg+tcp://line"});
    ASSERT_EQ(loaded.config.meters.size(), 1U);
    EXPECT_EQ(loaded.config.meters[0].uri, "cg+tcp://line");
}

TEST_F(AddedOnDisk, WhatIsNoFileOrTooLongOrWithoutItsKeyIsAWarning) {
    std::filesystem::create_directories(root_ / "meters.d/folder.toml");
    write("meters.d/long.toml", std::string(longest_added_file + 1, '#'));
    write("meters.d/nokey.toml", "[[meter]]\nuri = \"p1+tcp://h:1\"\nkey_file = \"/nowhere\"\n");
    write("meters.d/ok.toml", "[[meter]]\nuri = \"cg+tcp://ok\"\n");
    const Loaded loaded = load();
    EXPECT_THAT(loaded.findings.errors, IsEmpty());
    EXPECT_EQ(loaded.config.meters.size(), 2U);
    EXPECT_THAT(loaded.findings.warnings,
                testing::UnorderedElementsAre(Field(&Problem::text, HasSubstr("is not a file")),
                                              Field(&Problem::text, HasSubstr("longer than 64 kB")),
                                              Field(&Problem::text, HasSubstr("needed by key_file"))));
}

TEST_F(AddedOnDisk, SoManyFilesAndNoMore) {
    for (std::size_t i = 0; i <= most_added_files; ++i) {
        write("meters.d/" + std::to_string(1000 + i) + ".toml",
              "[[meter]]\nuri = \"cg+tcp://h" + std::to_string(i) + "\"\n");
    }
    const Loaded loaded = load();
    EXPECT_EQ(loaded.config.meters.size(), most_added_files + 1);
    EXPECT_THAT(loaded.findings.warnings, ElementsAre(Field(&Problem::text, HasSubstr("at most 256 files"))));
}

} // namespace
} // namespace gridbridge
