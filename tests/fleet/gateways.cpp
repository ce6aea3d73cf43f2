// Many gateways in one process: the sinks of the program with their queues on disk and connections of their
// own, fed with readings.
//   fleet_gateways SERVERS KEYS GATEWAYS METERS INTERVAL SECONDS STATE_DIR AWAY FIRST
// They are gw-FIRST and so on. The last AWAY of them come at the same moment, at SIGUSR1, with what they have
// read in an hour without a network. Prints `made PORTAL SERIAL COUNT` for each meter when SECONDS are over,
// and `end`; goes on sending until it is killed.
#include "app/service/service_sinks.hpp"
#include "tests/fakes/meters.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <memory>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;

struct Given {
    std::vector<std::string> servers;
    std::string keys;
    int gateways, meters;
    std::chrono::milliseconds interval;
    std::chrono::seconds time;
    std::string state_dir;
    int away, first;
};

std::atomic<bool> is_called_back = false;

std::vector<std::string> split(const std::string& list) {
    std::vector<std::string> parts;
    std::istringstream in(list);
    for (std::string part; std::getline(in, part, ',');) {
        parts.push_back(part);
    }
    return parts;
}

class Gateway {
  public:
    Gateway(const Given& given, int number, Clock::time_point begin)
        : portal_("gw-" + std::to_string(number)) {
        const std::string state_dir = given.state_dir + "/" + portal_;
        std::filesystem::create_directories(state_dir);
        Config config;
        SinkConfig sink;
        sink.kind = SinkKind::Mqtt;
        sink.servers = given.servers;
        std::rotate(sink.servers.begin(),
                    sink.servers.begin() + number % static_cast<int>(sink.servers.size()),
                    sink.servers.end());
        sink.interval = 0s; // each reading
        sink.ca_file = given.keys + "/ca.crt";
        sink.cert_file = given.keys + "/" + portal_ + ".crt";
        sink.key_file = given.keys + "/gateways.key";
        config.sinks.push_back(sink);
        sinks_ = std::make_unique<ServiceSinks>(
            config, portal_, state_dir, [](LogLevel level, std::string_view who, std::string_view text) {
                if (level >= LogLevel::Warn) {
                    std::cerr << who << ": " << text << '\n';
                }
            });
        std::vector<OutletRow> rows;
        sinks_->add_outlets(rows, {[] { return Snapshot{}; },
                                   [] {
                                       return ServiceFacts{"0.0.0", "", "", ""};
                                   }});
        for (const OutletRow& row : rows) {
            outlets_.push_back(row.make());
        }
        for (int i = 0; i < given.meters; ++i) {
            auto meter = std::make_unique<Meter>();
            meter->info = em24_info("M" + std::to_string(number) + "-" + std::to_string(i));
            meter->role = i == 0 ? "grid" : "acload";
            meter->instance = 30 + i;
            meter->life = MeterLife::Live;
            for (const auto& outlet : outlets_) {
                outlet->added(*meter);
            }
            meters_.push_back({std::move(meter), begin + given.interval * (number % 97) / 97, 0});
        }
    }

    void live(Clock::time_point now, std::chrono::milliseconds interval) {
        Messages nobody;
        for (Fed& fed : meters_) {
            if (now >= fed.due) {
                fed.due += interval;
                fed.meter->reading = grid_reading(now);
                fed.meter->reading.set(Quantity::EnergyForward, 1000 + 0.001 * static_cast<double>(fed.made));
                ++fed.made;
                for (const auto& outlet : outlets_) {
                    outlet->reading(*fed.meter, now, nobody);
                }
            }
        }
        for (const auto& outlet : outlets_) {
            if (auto* const timed = dynamic_cast<Timed*>(outlet.get());
                timed != nullptr && timed->next_tick(now) <= now) {
                timed->tick(now, nobody);
            }
        }
    }

    // What it has read until now from when it was begun.
    void catch_up(Clock::time_point begin, std::chrono::milliseconds interval) {
        for (auto then = begin; then < Clock::now(); then += interval) {
            live(then, interval);
        }
    }

    void tell() const {
        for (const Fed& fed : meters_) {
            std::cout << "made " << portal_ << ' ' << fed.meter->info.serial << ' ' << fed.made << '\n';
        }
    }
    std::uint64_t queued() const { return sinks_->health().front().queued; }

  private:
    struct Fed {
        std::unique_ptr<Meter> meter;
        Clock::time_point due;
        std::uint64_t made;
    };
    std::string portal_;
    std::unique_ptr<ServiceSinks> sinks_;
    std::vector<std::unique_ptr<Outlet>> outlets_;
    std::vector<Fed> meters_;
};

[[noreturn]] void run(const Given& given) {
    std::vector<std::unique_ptr<Gateway>> gateways;
    const int at_once = given.gateways - given.away;
    for (int i = 0; i < at_once; ++i) {
        gateways.push_back(std::make_unique<Gateway>(given, given.first + i, Clock::now()));
    }
    const auto until = Clock::now() + given.time;
    while (Clock::now() < until) {
        const auto now = Clock::now();
        for (int i = at_once; is_called_back && i < given.gateways; ++i) {
            gateways.push_back(std::make_unique<Gateway>(given, given.first + i, now - 1h));
            gateways.back()->catch_up(now - 1h, given.interval);
        }
        is_called_back = false;
        for (const auto& gateway : gateways) {
            gateway->live(now, given.interval);
        }
        std::this_thread::sleep_for(20ms);
    }
    for (const auto& gateway : gateways) {
        gateway->tell();
    }
    std::cout << "end" << std::endl;
    while (true) {
        std::uint64_t queued = 0;
        for (const auto& gateway : gateways) {
            queued += gateway->queued();
        }
        std::cerr << queued << " points wait on gateways" << std::endl;
        std::this_thread::sleep_for(2s);
    }
}

} // namespace
} // namespace gridbridge

int main(int count, char** arguments) {
    const std::vector<std::string> given(arguments + 1, arguments + count);
    if (given.size() != 9) {
        std::cerr
            << "usage: fleet_gateways SERVERS KEYS GATEWAYS METERS INTERVAL SECONDS STATE_DIR AWAY FIRST\n";
        return 64;
    }
    std::signal(SIGUSR1, [](int) { gridbridge::is_called_back = true; });
    gridbridge::run({gridbridge::split(given[0]), given[1], std::stoi(given[2]), std::stoi(given[3]),
                     std::chrono::milliseconds(std::llround(std::stod(given[4]) * 1000)),
                     std::chrono::seconds(std::stoi(given[5])), given[6], std::stoi(given[7]),
                     std::stoi(given[8])});
}
