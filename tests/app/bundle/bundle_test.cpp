// A bundle of a house full of planted names and numbers: none of them is in it, and it replays to the same
// numbers.
#include "app/bundle/bundle.hpp"

#include "app/recording/recording_writer.hpp"
#include "app/recording/zstd_stream.hpp"
#include "tests/app/bundle/house.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace gridbridge {
namespace {

using Files = std::map<std::string, std::string>; // by name

std::string text_of(const Bytes& bytes) {
    return {bytes.begin(), bytes.end()};
}

class Folder {
  public:
    Folder() {
        std::string name = std::filesystem::temp_directory_path() / "gridbridge-bundle-XXXXXX";
        path_ = ::mkdtemp(name.data());
    }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    ~Folder() { std::filesystem::remove_all(path_); }

    std::string operator/(const std::string& name) const { return path_ + '/' + name; }
    std::string write(const std::string& name, const std::string& content) const {
        std::ofstream(path_ + '/' + name, std::ios::binary) << content;
        return path_ + '/' + name;
    }

  private:
    std::string path_;
};

// By the tar and zstd of the system.
Files unpacked(const Bytes& bundle) {
    const Folder folder;
    const std::string archive = folder.write("bundle.tar.zst", text_of(bundle));
    std::filesystem::create_directory(folder / "out");
    const std::string command = "zstd -dqc " + archive + " | tar -xf - -C " + (folder / "out");
    EXPECT_EQ(std::system(command.c_str()), 0) << command; // NOLINT: one thread
    Files files;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder / "out")) {
        if (entry.is_regular_file()) {
            std::ostringstream content;
            content << std::ifstream(entry.path(), std::ios::binary).rdbuf();
            files[std::filesystem::relative(entry.path(), folder / "out")] = content.str();
        }
    }
    return files;
}

bool can_unpack() {
    return std::system("zstd --version >/dev/null 2>&1 && tar --version >/dev/null 2>&1") == 0; // NOLINT
}

std::string file_of(const Recording& recording) {
    RecordingWriter writer(recording.head);
    for (const auto& [number, connection] : recording.connections) {
        writer.add(connection);
    }
    for (const Record& record : recording.records) {
        writer.add(record);
    }
    writer.finish();
    return text_of(writer.take());
}

// Each stream on its own, as it is and without parity, and all texts.
std::string streams_of(const Recording& recording) {
    std::map<std::pair<unsigned, bool>, std::string> streams;
    std::string texts;
    for (const Record& record : recording.records) {
        const bool is_sent = record.kind == Record::Kind::Sent;
        if (is_sent || record.kind == Record::Kind::Received) {
            streams[{record.connection, is_sent}] += text_of(record.bytes);
        } else {
            texts += record.text + '\n' + text_of(record.bytes) + '\n';
        }
    }
    std::string all = texts + recording.head.text + recording.head.config_digest;
    for (const auto& [number, connection] : recording.connections) {
        all += connection.name + '\n' + connection.meters + '\n';
    }
    for (const auto& [key, stream] : streams) {
        std::string seven = stream;
        for (char& c : seven) {
            c = static_cast<char>(c & 0x7F);
        }
        all += '\n' + stream + '\n' + seven;
    }
    return all;
}

BundleParts parts_of(const House& house, const Lived& lived) {
    BundleParts parts;
    parts.key.fill(static_cast<std::uint8_t>(house.seed * 7 + 3));
    parts.time = 1'764'460'800;
    for (const Planted& planted : house.planted) {
        if (planted.is_told) {
            parts.secrets.push_back({planted.secret, planted.is_name ? SecretKind::Name : SecretKind::Number});
        }
    }
    parts.recordings.push_back({"minutes.pcapng", lived.recording, {}});
    parts.log = "12:00:01 info " + house.host + ": connected to mqtt://" + house.user + "@" + house.other_host +
                ":1883\n12:00:02 warning " + house.address + ":502: timeout of " + house.et112 + "\n" +
                "12:00:03 info server id " + planted_hex(planted_server_id(house.din)) + " of " + house.din +
                ", neighbour " + house.mac + "\n12:00:04 info \"" + house.name + "\" is back at [" +
                house.address6 + "]:3240, 12:30:45, 1-0:1.8.0\n";
    parts.config = "portal_id = \"" + house.portal + "\"\n[mqtt]\nservers = [\"mqtts://" + house.host +
                   "\"]\nusername = \"" + house.user + "\"\n[[meter]]\nname = \"" + planted_escaped(house.other_name) +
                   "\"\nuri = \"p1+tcp://" + house.other_host + ":3240\"\nrole = \"grid\"\n";
    parts.settings = house.settings.to_json();
    parts.findings = R"([{"code": "lost", "meter": ")" + house.em540 + R"(", "text": ")" + house.p1 +
                     R"( is lost\n)" + house.name + R"("}])";
    parts.about = R"({"version": "0.1.0", "commit": "0123456789ab", "portal": ")" + house.portal + "\"}";
    parts.ports = "/dev/serial/by-id/usb-FTDI_FT232R_USB_UART_" + house.usb + "-if00-port0 of " +
                  house.other_address + "\n";
    return parts;
}

std::string all_of(const BundleParts& parts) {
    std::string all = parts.log + parts.config + parts.settings + parts.findings + parts.about + parts.ports;
    for (const BundledRecording& bundled : parts.recordings) {
        all += file_of(bundled.recording) + streams_of(bundled.recording);
    }
    return all;
}

// In whatever order the names are now.
std::vector<std::vector<Told>> numbers_of(const std::map<std::string, std::vector<Told>>& told) {
    std::vector<std::vector<Told>> numbers;
    for (const auto& [serial, list] : told) {
        numbers.push_back(list);
    }
    std::sort(numbers.begin(), numbers.end(), [](const auto& a, const auto& b) {
        return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end(), [](const Told& x, const Told& y) {
            return std::pair(x.at, x.hash) < std::pair(y.at, y.hash);
        });
    });
    return numbers;
}

class BundleOfAHouse : public testing::TestWithParam<int> {
  protected:
    void SetUp() override {
        if (!can_unpack()) {
            GTEST_SKIP() << "SKIPPED: tar or zstd is not installed: that bundles hold no secrets is NOT checked";
        }
    }
    House house_{static_cast<std::uint64_t>(GetParam())};
    Lived lived_ = live_in(house_, 20, true);
    BundleParts parts_ = parts_of(house_, lived_);
};

TEST_P(BundleOfAHouse, HoldsNoSecretInAnyEncoding) {
    const std::string before = all_of(parts_);
    const Files files = unpacked(make_bundle(parts_));
    ASSERT_EQ(files.count("recordings/minutes.pcapng"), 1U);
    std::string after;
    for (const auto& [name, content] : files) {
        after += name + '\n' + content + '\n';
    }
    const std::string& packed_recording = files.at("recordings/minutes.pcapng");
    const Recording recording = read_recording(Bytes(packed_recording.begin(), packed_recording.end()));
    EXPECT_EQ(recording.problem, "");
    after += streams_of(recording);
    for (const Planted& planted : house_.planted) {
        const auto was = found_in(before, planted);
        for (const std::string& encoding : planted.encodings) {
            EXPECT_NE(std::find(was.begin(), was.end(), encoding), was.end())
                << planted.secret << " was not planted as " << encoding;
        }
        EXPECT_EQ(found_in(after, planted), std::vector<std::string>()) << planted.secret;
    }
}

TEST_P(BundleOfAHouse, HasTheSameRecordsOfTheSameSize) {
    const Files files = unpacked(make_bundle(parts_));
    const std::string& file = files.at("recordings/minutes.pcapng");
    const Recording after = read_recording(Bytes(file.begin(), file.end()));
    ASSERT_EQ(after.records.size(), lived_.recording.records.size());
    for (std::size_t i = 0; i < after.records.size(); ++i) {
        const Record& was = lived_.recording.records[i];
        const Record& is = after.records[i];
        ASSERT_EQ(std::tuple(was.kind, was.connection, was.at, was.bytes.size(), was.text.size(), was.number, was.hash),
                  std::tuple(is.kind, is.connection, is.at, is.bytes.size(), is.text.size(), is.number, is.hash))
            << i;
    }
}

TEST_P(BundleOfAHouse, ReplaysToTheSameNumbers) {
    const Folder folder;
    const std::string before = folder.write("before.pcapng", file_of(lived_.recording));
    const Files files = unpacked(make_bundle(parts_));
    const std::string after = folder.write("after.pcapng", files.at("recordings/minutes.pcapng"));
    const Replayed was = replay_of(before);
    const Replayed is = replay_of(after);
    EXPECT_EQ(was.differences, std::vector<std::string>());
    EXPECT_EQ(is.differences, std::vector<std::string>());
    EXPECT_GE(was.told.size(), 9U); // M-Bus too
    EXPECT_EQ(numbers_of(was.told), numbers_of(lived_.told));
    EXPECT_EQ(numbers_of(is.told), numbers_of(lived_.told));
    for (const auto& [serial, list] : was.told) {
        EXPECT_EQ(is.told.count(serial), 0U) << serial;
    }
}

// What is published is named as the records of it are.
TEST_P(BundleOfAHouse, NamesTheReadingsAsItsReplayDoes) {
    const Folder folder;
    const Files files = unpacked(make_bundle(parts_));
    const std::string& file = files.at("recordings/minutes.pcapng");
    const Replayed is = replay_of(folder.write("after.pcapng", file));
    std::map<std::string, std::size_t> published;
    for (const Record& record : read_recording(Bytes(file.begin(), file.end())).records) {
        if (record.kind == Record::Kind::Published) {
            ++published[record.text];
        }
    }
    for (const auto& [serial, list] : is.told) {
        EXPECT_EQ(published[serial], list.size()) << serial;
    }
    EXPECT_EQ(published.size(), is.told.size());
}

INSTANTIATE_TEST_SUITE_P(Seeds, BundleOfAHouse, testing::Range(1, 41));

} // namespace
} // namespace gridbridge
