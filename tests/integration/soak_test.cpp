// Months of trouble in some minutes, of the program as it is shipped: meters that come and go, a broker that
// is killed, a configuration that changes every moment. Prints memory and descriptors; they must stay flat.
#include "app/servers/status_server.hpp"
#include "tests/integration/p1_meters.hpp"
#include "tests/integration/support.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>

namespace gridbridge::testing_support {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t soaked_streams = 4;
constexpr std::ptrdiff_t soaked_meters = 2 * soaked_streams + 1; // each has a gas meter, and an EM24

struct Footprint {
    long resident_kb = 0;
    long anonymous_kb = 0;
    long descriptors = 0;
};

Footprint footprint_of(int pid) {
    const std::string process = "/proc/" + std::to_string(pid);
    Footprint print;
    std::ifstream status(process + "/status");
    for (std::string word; status >> word;) {
        if (word == "VmRSS:") {
            status >> print.resident_kb;
        } else if (word == "RssAnon:") {
            status >> print.anonymous_kb;
        }
    }
    for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator(process + "/fd")) {
        ++print.descriptors;
    }
    return print;
}

// The middle of each.
Footprint middle_of(std::vector<Footprint> prints) {
    const auto middle = [&prints](long Footprint::*field) {
        std::nth_element(prints.begin(), prints.begin() + std::ssize(prints) / 2, prints.end(),
                         [field](const Footprint& a, const Footprint& b) { return a.*field < b.*field; });
        return prints.at(prints.size() / 2).*field;
    };
    return {middle(&Footprint::resident_kb), middle(&Footprint::anonymous_kb),
            middle(&Footprint::descriptors)};
}

class SoakedService {
  public:
    explicit SoakedService(const std::string& program)
        : em24_uri_("tcp://127.0.0.1:" + std::to_string(free_port())) {
        plug_in();
        write_config();
        service_ = std::make_unique<Process>(
            std::vector<std::string>{program, "run", "--config", folder_.path("soak.toml")});
    }

    // One of each kind of trouble, then everything is well again.
    void suffer() {
        em24_.reset();
        reload();
        plug_in();
        reload();
        broker_.kill();
        reload();
        broker_.start();
        reload();
        EXPECT_TRUE(is_well()) << service_->errors().substr(service_->errors().size() / 2);
    }
    bool is_well() const {
        return comes([this] {
            const auto health =
                nlohmann::json::parse(fetch_status_page(status_, "/health").body, nullptr, false);
            if (!health.contains("broker") || !health["broker"].value("connected", false) ||
                !health.contains("meters")) {
                return false;
            }
            const auto& meters = health["meters"];
            return soaked_meters == std::count_if(meters.begin(), meters.end(), [](const auto& meter) {
                       const std::string state = meter.value("state", "");
                       return state == "live" || state == "slow";
                   });
        });
    }
    Footprint footprint() const { return footprint_of(service_->pid()); }
    int reloads() const { return reloads_; }

  private:
    void plug_in() { em24_ = std::make_unique<SimulatedMeter>("em24", em24_uri_); }
    void write_config() const {
        std::string text = "portal_id = \"p\"\nstate_dir = \"" + folder_.path("state") +
                           "\"\n[mqtt]\nservers = [\"" + broker_.url() + "\"]\n[status]\nlisten = \"" +
                           to_text(status_) + "\"\n";
        std::vector<std::string> uris = streams_.uris();
        uris.push_back("cg+" + em24_uri_);
        for (const std::string& uri : uris) {
            text.append("[[meter]]\nuri = \"").append(uri).append("\"\nname = \"");
            text.append(std::to_string(reloads_)).append("\"\n");
        }
        folder_.write("soak.toml", text);
    }
    void reload() {
        ++reloads_;
        write_config();
        service_->signal(SIGHUP);
        EXPECT_TRUE(comes([this] { return lines("config: reloaded") >= reloads_; })) << service_->errors();
    }
    int lines(std::string_view wanted) const {
        const std::string log = service_->errors();
        int count = 0;
        for (auto at = log.find(wanted); at != std::string::npos; at = log.find(wanted, at + 1)) {
            ++count;
        }
        return count;
    }
    static bool comes(const std::function<bool()>& condition) {
        const auto end = Clock::now() + patience;
        while (Clock::now() < end) {
            if (condition()) {
                return true;
            }
            std::this_thread::sleep_for(50ms); // polling a condition
        }
        return false;
    }

    Broker broker_;
    Folder folder_;
    const Endpoint status_{"127.0.0.1", free_port()};
    const P1Meters streams_{soaked_streams, 500ms};
    const std::string em24_uri_;
    std::unique_ptr<SimulatedMeter> em24_;
    std::unique_ptr<Process> service_;
    int reloads_ = 0;
};

void print_footprint(const char* when, const Footprint& print, int reloads) {
    std::printf("[ MEASURE  ] %s: %ld kB resident, %ld kB anonymous, %ld descriptors after %d reloads\n",
                when, print.resident_kb, print.anonymous_kb, print.descriptors, reloads);
    std::fflush(stdout);
}

TEST(Soak, TroubleLeavesNothingBehind) {
    const char* const chosen = std::getenv("GRIDBRIDGE_RELEASE_PROGRAM"); // NOLINT(concurrency-mt-unsafe)
    const std::string program =
        chosen == nullptr ? GRIDBRIDGE_SOURCE_DIR "/build/release/gridbridge" : chosen;
    if (std::getenv("GRIDBRIDGE_LONG_TESTS") == nullptr) { // NOLINT(concurrency-mt-unsafe)
        std::cerr << "SKIPPED: takes 4 min; set GRIDBRIDGE_LONG_TESTS=1\n";
        GTEST_SKIP();
    }
    if (!std::filesystem::exists(program)) {
        GTEST_SKIP() << "SKIPPED: no release build at " << program
                     << ": cmake --preset release && cmake --build --preset release";
    }
    constexpr int rounds = 240;
    constexpr int at_each_end = 25;
    SoakedService service(program);
    ASSERT_TRUE(service.is_well());
    std::vector<Footprint> prints;
    for (int round = 0; round < rounds && !HasFailure(); ++round) {
        service.suffer();
        prints.push_back(service.footprint());
    }
    ASSERT_EQ(prints.size(), static_cast<std::size_t>(rounds));
    const auto begin = prints.begin() + 5; // what is needed once is there
    const Footprint first = middle_of({begin, begin + at_each_end});
    const Footprint last = middle_of({prints.end() - at_each_end, prints.end()});
    print_footprint("first", first, 4 * (5 + at_each_end));
    print_footprint("last", last, service.reloads());
    constexpr long allowed_kb = 1024;
    constexpr long allowed_descriptors = 2;
    EXPECT_LE(last.resident_kb, first.resident_kb + allowed_kb);
    EXPECT_LE(last.anonymous_kb, first.anonymous_kb + allowed_kb);
    EXPECT_LE(last.descriptors, first.descriptors + allowed_descriptors);
}

} // namespace
} // namespace gridbridge::testing_support
