// Every document can be reached, and what the documents name is there.
#include "tests/app/verbs/documents.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <regex>
#include <set>

namespace gridbridge {
namespace {

namespace fs = std::filesystem;
using testing::Contains;
using testing::IsSupersetOf;

struct Link {
    std::string target; // from the top folder; the document itself for a mere anchor
    std::string anchor;
};

// Links to the web are left out.
std::vector<Link> links_of(const std::string& name) {
    static const std::regex link(R"(\]\(([^)#\s]*)(#([^)\s]*))?\))");
    const std::string text = prose(document(name));
    std::vector<Link> links;
    for (std::sregex_iterator found(text.begin(), text.end(), link), end; found != end; ++found) {
        const std::string target = (*found)[1].str();
        if (target.find("://") == std::string::npos) {
            const fs::path path =
                target.empty() ? fs::path(name) : (fs::path(name).parent_path() / target).lexically_normal();
            links.push_back({path.string(), (*found)[3].str()});
        }
    }
    return links;
}

bool is_there(const std::string& path) {
    return fs::exists(fs::path(GRIDBRIDGE_SOURCE_DIR) / path);
}

TEST(Readme, StaysShort) {
    const std::string text = document("README.md");
    EXPECT_GT(text.size(), 1000U);
    EXPECT_LE(std::count(text.begin(), text.end(), '\n'), 200);
}

TEST(Readme, EveryFolderWithADocumentIsLinkedFromTheFirst) {
    EXPECT_THAT(document_names(), IsSupersetOf({"README.md", "ARCHITECTURE.md", "CHANGELOG.md",
                                                "app/README.md", "docker/README.md", "drivers/README.md",
                                                "mqtt/README.md", "systemd/README.md", "tests/README.md"}));
    std::set<std::string> linked{"README.md"};
    for (const Link& link : links_of("README.md")) {
        linked.insert(link.target);
    }
    for (const std::string& name : document_names()) {
        EXPECT_THAT(linked, Contains(name)) << "README.md has no link to it";
    }
}

TEST(Readme, EveryLinkAndItsHeadingExist) {
    std::size_t checked = 0;
    for (const std::string& name : document_names()) {
        for (const Link& link : links_of(name)) {
            ++checked;
            EXPECT_TRUE(is_there(link.target)) << name << " links to " << link.target;
            if (!link.anchor.empty()) {
                EXPECT_THAT(anchors(document(link.target)), Contains(link.anchor))
                    << name << " links to " << link.target << "#" << link.anchor;
            }
        }
    }
    EXPECT_GE(checked, 40U);
}

// A link to a heading is ambiguous when there are two of the name. CHANGELOG.md has "Added" for each version.
TEST(Readme, HeadingsOfADocumentDiffer) {
    for (const std::string& name : document_names()) {
        std::set<std::string> seen;
        for (const std::string& anchor : anchors(document(name))) {
            EXPECT_TRUE(seen.insert(anchor).second || name == "CHANGELOG.md") << name << ": " << anchor;
        }
    }
}

// Paths from the top folder, in commands and in the text. CHANGELOG.md also names what is gone.
TEST(Readme, NamesOnlyFilesThatExist) {
    static const std::regex path(
        R"((^|[^A-Za-z0-9_./-]|[^.]\./)((docker|systemd|app|drivers|mqtt|tests)/[A-Za-z0-9_./-]*[A-Za-z0-9_]))");
    std::size_t checked = 0;
    for (const std::string& name : document_names()) {
        if (name == "CHANGELOG.md") {
            continue;
        }
        // A link is relative to its document, and has a test of its own.
        const std::string text = std::regex_replace(document(name), std::regex(R"(\]\([^)]*\))"), "]");
        for (std::sregex_iterator found(text.begin(), text.end(), path), end; found != end; ++found) {
            ++checked;
            EXPECT_TRUE(is_there((*found)[2].str())) << name << " names " << (*found)[2].str();
        }
    }
    EXPECT_GE(checked, 60U);
}

// Each picture stands in a document.
TEST(Readme, ShowsEveryPicture) {
    std::set<std::string> shown;
    for (const std::string& name : document_names()) {
        for (const Link& link : links_of(name)) {
            shown.insert(link.target);
        }
    }
    std::size_t pictures = 0;
    for (const char* const folder : {"app", "docker", "mqtt", "drivers", "systemd"}) {
        for (const auto& entry : fs::recursive_directory_iterator(fs::path(GRIDBRIDGE_SOURCE_DIR) / folder)) {
            if (entry.path().extension() == ".png") {
                ++pictures;
                EXPECT_THAT(shown, Contains(entry.path().lexically_relative(GRIDBRIDGE_SOURCE_DIR).string()));
            }
        }
    }
    EXPECT_GE(pictures, 3U);
}

} // namespace
} // namespace gridbridge
