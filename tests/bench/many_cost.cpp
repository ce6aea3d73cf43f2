#include "tests/bench/many_cost.hpp"

#include "app/servers/status_server.hpp"
#include "tests/bench/raw_mqtt.hpp"
#include "tests/bench/under_test.hpp"
#include "tests/fakes/free_port.hpp"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <set>
#include <stdexcept>
#include <string_view>
#include <thread>

namespace gridbridge::bench {
namespace {

using namespace std::chrono_literals;
using testing_support::Broker;
using testing_support::Folder;

constexpr auto settling = 35s; // discovery, first save, and what is done only 30 s after all are there
constexpr int page_fetches = 8;

long number_behind(const std::filesystem::path& file, std::string_view name) {
    std::ifstream lines(file);
    for (std::string word; lines >> word;) {
        long number = 0;
        if (word == name && lines >> number) {
            return number;
        }
    }
    return 0; // a thread that has just ended
}

std::filesystem::path folder_of(const Measured& process) {
    return "/proc/" + std::to_string(process.pid());
}

long switches_of(const Measured& process) {
    long sum = 0;
    for (const auto& thread : std::filesystem::directory_iterator(folder_of(process) / "task")) {
        for (const auto* const name : {"voluntary_ctxt_switches:", "nonvoluntary_ctxt_switches:"}) {
            sum += number_behind(thread.path() / "status", name);
        }
    }
    return sum;
}

// Counts the meters that say they are online.
class OnlineWatch {
  public:
    explicit OnlineWatch(int port)
        : mqtt_(port, "gridbridge/bench/meter/+/status",
                [this](auto topic, auto payload, auto /*at*/) { take(topic, payload); }) {}

    bool wait_for(std::size_t count, std::chrono::seconds limit) {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, limit, [&] { return online_.size() >= count; });
    }

  private:
    void take(std::string_view topic, std::string_view payload) {
        const std::lock_guard lock(mutex_);
        if (payload == "online") {
            online_.emplace(topic);
        }
        changed_.notify_all();
    }

    std::mutex mutex_;
    std::condition_variable changed_;
    std::set<std::string> online_; // guarded by mutex_
    RawMqtt mqtt_;
};

std::string config_of(const ManyRun& run, const Crowd& crowd, const Broker& broker, const Endpoint& status,
                      const std::string& state_dir) {
    std::string text = "portal_id = \"bench\"\nstate_dir = \"" + state_dir + "\"\n[mqtt]\nservers = [\"" +
                       broker.url() + "\"]\n[status]\nlisten = \"" + to_text(status) + "\"\n";
    if (run.asleep) {
        text += "[venus]\npublish = \"keepalive\"\n[homeassistant]\nenabled = false\n";
    }
    for (const std::string& uri : crowd.uris()) {
        text += "[[meter]]\nuri = \"" + uri + (run.kind == CrowdKind::Modbus ? "?interval=1000\"\n" : "\"\n");
        if (!run.role.empty() && uri != crowd.uris().front()) {
            text += "role = \"" + run.role + "\"\n";
        }
    }
    return text;
}

// Not a number when a page does not come.
double slowest_page(const Endpoint& status, const std::string& path) {
    double slowest = 0;
    for (int i = 0; i < page_fetches; ++i) {
        const auto start = Clock::now();
        const StatusPage page = fetch_status_page(status, path);
        if (page.code == 0) {
            std::fprintf(stderr, "no page %s: %s\n", path.c_str(), page.body.c_str());
            return std::numeric_limits<double>::quiet_NaN();
        }
        slowest = std::max(slowest, std::chrono::duration<double, std::milli>(Clock::now() - start).count());
        std::this_thread::sleep_for(150ms); // a page is made of a copy that serves for a while
    }
    return slowest;
}

// Everything that runs beside each other; constructed when all meters are online.
class Scene {
  public:
    explicit Scene(const ManyRun& run)
        : crowd_(make_crowd(run.kind, run.count, ages_)),
          watch_(broker_.port(), "N/#",
                 [this](auto topic, auto payload, auto at) {
                     messages_.fetch_add(1, std::memory_order_relaxed);
                     if (topic.ends_with("/Ac/Power")) {
                         ages_.received(value_of(payload), at);
                     }
                 }),
          online_(broker_.port()), config_(write_config(run)),
          service_({run.program, "run", "--config", config_}) {
        const std::size_t gas_meters = run.kind == CrowdKind::P1 ? run.count : 0;
        if (!online_.wait_for(run.count + gas_meters, 120s)) {
            throw std::runtime_error("not all meters come online:\n" + service_.log());
        }
    }

    const Measured& service() const { return service_; }
    const Endpoint& status() const { return status_; }
    std::vector<double> take_ages() { return ages_.take(); }
    long messages() const { return messages_; }

  private:
    std::string write_config(const ManyRun& run) const {
        folder_.write("many.toml", config_of(run, crowd_, broker_, status_, folder_.path("state")));
        return folder_.path("many.toml");
    }

    ValueAges ages_;
    std::atomic<long> messages_{0}; // on N/#
    const Broker broker_;
    const Folder folder_;
    const Endpoint status_{"127.0.0.1", free_port()};
    const Crowd crowd_;
    const RawMqtt watch_;
    OnlineWatch online_;
    const std::string config_;
    const Measured service_;
};

// While nobody asks for pages.
void measure_values(Scene& scene, std::chrono::seconds duration, ManyCost& cost) {
    scene.take_ages();
    const long first_message = scene.messages();
    const long first_switch = switches_of(scene.service());
    const double first_cpu = scene.service().cpu_seconds();
    const auto start = Clock::now();
    std::this_thread::sleep_for(duration);
    const double cpu = scene.service().cpu_seconds() - first_cpu;
    const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
    const auto said = static_cast<double>(scene.messages() - first_message);
    cost.cpu_share = cpu / seconds;
    cost.messages = said / seconds;
    cost.cpu_per_message = said > 0 ? cpu / said : std::numeric_limits<double>::quiet_NaN();
    cost.switches = static_cast<double>(switches_of(scene.service()) - first_switch) / seconds;
    cost.ages = scene.take_ages();
}

} // namespace

ManyCost measure_many(const ManyRun& run) {
    Scene scene(run);
    std::this_thread::sleep_for(settling);
    ManyCost cost;
    measure_values(scene, run.duration, cost);
    cost.anonymous_kb = number_behind(folder_of(scene.service()) / "smaps_rollup", "Anonymous:");
    cost.threads = scene.service().memory().threads;
    cost.health_ms = slowest_page(scene.status(), "/health");
    cost.metrics_ms = slowest_page(scene.status(), "/metrics");
    ::getloadavg(&cost.load, 1);
    return cost;
}

} // namespace gridbridge::bench
