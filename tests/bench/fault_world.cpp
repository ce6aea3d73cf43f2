#include "tests/bench/fault_world.hpp"

#include <algorithm>
#include <csignal>
#include <stdexcept>

namespace gridbridge::bench {

using namespace std::chrono_literals;

double seconds_of(Clock::duration duration) {
    return std::chrono::duration<double>(duration).count();
}

PowerLog::PowerLog(int port, const Latency& latency)
    : mqtt_(port, "N/#", [this, &latency](auto topic, auto payload, auto at) {
          if (topic.ends_with("/Ac/Power")) {
              if (const auto sent = latency.sent_at(value_of(payload))) {
                  const std::lock_guard lock(mutex_);
                  values_.push_back({at, *sent});
              }
          }
      }) {}

std::vector<PowerLog::Value> PowerLog::values() const {
    const std::lock_guard lock(mutex_);
    return values_;
}

bool PowerLog::wait_for_first(Clock::time_point after, std::chrono::seconds limit) const {
    return first_fresh(after, limit).has_value();
}

double PowerLog::worst_gap(Clock::time_point from, Clock::time_point to) const {
    Clock::duration worst{0};
    auto last = from;
    for (const Value& value : values()) {
        if (value.at >= from && value.at <= to) {
            worst = std::max(worst, value.at - last);
            last = value.at;
        }
    }
    return seconds_of(std::max(worst, to - last));
}

std::optional<double> PowerLog::first_fresh(Clock::time_point since, std::chrono::seconds limit) const {
    do {
        for (const Value& value : values()) {
            if (value.sent >= since) {
                return seconds_of(value.at - since);
            }
        }
        std::this_thread::sleep_for(10ms);
    } while (Clock::now() < since + limit);
    return std::nullopt;
}

PowerLog::Old PowerLog::old_values(Clock::time_point fault, Clock::time_point end) const {
    Old old;
    for (const Value& value : values()) {
        if (value.at < fault) {
            continue;
        }
        if (value.sent >= end) {
            break;
        }
        old.oldest = std::max(old.oldest, seconds_of(value.at - value.sent));
        if (value.at - value.sent > 5s) {
            ++old.stale;
            old.newest_of_stale = std::max(old.newest_of_stale, seconds_of(value.sent - fault));
        }
    }
    return old;
}

FastMeter::FastMeter(Kind kind) {
    if (kind == Kind::Modbus) {
        modbus_.emplace(MeterLineOptions{"em24", true, 0, 20ms}, latency_);
        return;
    }
    p1_.emplace(Dialect::P1, true);
    feed_ = std::jthread([this](const std::stop_token& stop) {
        for (auto next = Clock::now(); !stop.stop_requested(); next += meter_period) {
            std::this_thread::sleep_until(next);
            p1_->offer(latency_);
        }
    });
}

std::string FastMeter::uri(const std::string& host) const {
    return modbus_ ? "cg+tcp://" + host + ":" + std::to_string(modbus_->port()) + "?interval=100"
                   : "p1+tcp://" + host + ":" + std::to_string(p1_->port());
}

// The shell says the process number and becomes the program, which dies with us.
Program::Program(const ProgramOptions& options) {
    folder_.write("gridbridge.toml",
                  "portal_id = \"bench\"\nstate_dir = \"" + folder_.path("state") +
                      "\"\n[mqtt]\nservers = [\"" + options.main_url + "\"]\n[status]\nlisten = \"\"\n" +
                      (options.gx_url.empty()
                           ? std::string()
                           : "[gx]\nmode = \"mqtt-devices\"\nserver = \"" + options.gx_url + "\"\n") +
                      "[[meter]]\nuri = \"" + options.meter_uri + "\"\nname = \"Grid\"\n");
    std::vector<std::string> command{"sh", "-c", "echo pid $$; exec setpriv --pdeathsig KILL \"$0\" \"$@\""};
    command.insert(command.end(), options.wrapper.begin(), options.wrapper.end());
    command.insert(command.end(), {program_path(), "run", "--config", folder_.path("gridbridge.toml")});
    process_ = std::make_unique<testing_support::Process>(std::move(command));
    pid_ = std::stoi(process_->wait_for_line("pid ").value().substr(4));
}

std::optional<double> Program::end() {
    const auto asked = Clock::now();
    process_->signal(SIGTERM);
    return process_->wait(10s) ? std::optional(seconds_of(Clock::now() - asked)) : std::nullopt;
}

std::string& program_path() {
    static std::string path = GRIDBRIDGE_PROGRAM;
    return path;
}

} // namespace gridbridge::bench
