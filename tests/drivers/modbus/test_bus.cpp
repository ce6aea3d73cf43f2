#include "tests/drivers/modbus/test_bus.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>

namespace gridbridge {

using namespace std::chrono_literals;

namespace {

// As main does: a peer that closes must not end the process.
const bool pipe_ignored = std::signal(SIGPIPE, SIG_IGN) != SIG_ERR;

int word_in(const std::vector<std::uint8_t>& pdu, std::size_t offset) {
    return pdu[offset] << 8 | pdu[offset + 1];
}

} // namespace

TestSlave::TestSlave(SlaveOptions options) : options_(std::move(options)) {
    options_.print_line = [this](const std::string& line) {
        const std::lock_guard lock(mutex_);
        uri_ = line.substr(line.find(' ') + 4);
        changed_.notify_all();
    };
    options_.on_request = [this](int, std::span<const std::uint8_t> pdu) {
        const std::lock_guard lock(mutex_);
        pdus_.emplace_back(pdu.begin(), pdu.end());
        times_.push_back(Clock::now());
        changed_.notify_all();
    };
    thread_ =
        std::jthread([this](const std::stop_token& stop) { EXPECT_EQ(serve_slave(options_, stop), 0); });
    std::unique_lock lock(mutex_);
    EXPECT_TRUE(changed_.wait_for(lock, 20s, [this] { return !uri_.empty(); }));
}

void TestSlave::stop() {
    thread_.request_stop();
    if (thread_.joinable()) {
        thread_.join();
    }
}

std::uint16_t TestSlave::port() const {
    return static_cast<std::uint16_t>(std::stoi(uri_.substr(uri_.rfind(':') + 1)));
}

std::string TestSlave::path() const {
    return uri_.substr(uri_.find("://") + 3);
}

Writes TestSlave::writes() const {
    const std::lock_guard lock(mutex_);
    Writes writes;
    for (const auto& pdu : pdus_) {
        if (pdu.at(0) == 6 || pdu.at(0) == 16) {
            writes.emplace_back(word_in(pdu, 1), word_in(pdu, 3));
        }
    }
    return writes;
}

unsigned TestSlave::longest_read() const {
    const std::lock_guard lock(mutex_);
    int longest = 0;
    for (const auto& pdu : pdus_) {
        longest = std::max(longest, pdu.at(0) == 3 || pdu.at(0) == 4 ? word_in(pdu, 3) : 0);
    }
    return static_cast<unsigned>(longest);
}

std::vector<std::pair<int, int>> TestSlave::reads_of(int address) const {
    const std::lock_guard lock(mutex_);
    std::vector<std::pair<int, int>> reads;
    for (const auto& pdu : pdus_) {
        const int first = word_in(pdu, 1);
        if ((pdu.at(0) == 3 || pdu.at(0) == 4) && first <= address && address < first + word_in(pdu, 3)) {
            reads.emplace_back(first, word_in(pdu, 3));
        }
    }
    return reads;
}

std::size_t TestSlave::requests() const {
    const std::lock_guard lock(mutex_);
    return pdus_.size();
}

std::vector<TestSlave::Arrival> TestSlave::arrivals() const {
    const std::lock_guard lock(mutex_);
    std::vector<Arrival> arrivals;
    for (std::size_t i = 0; i < pdus_.size(); ++i) {
        arrivals.push_back({times_[i], word_in(pdus_[i], 1), word_in(pdus_[i], 3)});
    }
    return arrivals;
}

void TestSlave::wait_for_requests(std::size_t count) const {
    std::unique_lock lock(mutex_);
    EXPECT_TRUE(changed_.wait_for(lock, 20s, [&] { return pdus_.size() >= count; }));
}

std::string name_of_line(Line line) {
    return line == Line::Pty ? "Pty" : line == Line::Tcp ? "Tcp" : "SerialOverTcp";
}

SlaveOptions slave_options(Line line, std::vector<ModbusImage> images) {
    SlaveOptions options;
    options.images = std::move(images);
    if (line == Line::Pty) {
        options.listen.kind = SlaveListen::Kind::Pty;
    } else {
        options.listen.kind = line == Line::Tcp ? SlaveListen::Kind::Tcp : SlaveListen::Kind::SerialOverTcp;
        options.listen.host = "127.0.0.1";
    }
    return options;
}

MeterConfig meter_on(const TestSlave& slave, Line line) {
    MeterConfig meter;
    meter.interval = 20ms;
    meter.uri = "cg+test";
    if (line == Line::Pty) {
        meter.transport = Transport::Rtu;
        meter.path = slave.path();
        meter.baud = 115200;
    } else {
        meter.transport = line == Line::Tcp ? Transport::Tcp : Transport::RtuOverTcp;
        meter.host = "127.0.0.1";
        meter.port = slave.port();
    }
    return meter;
}

TestDriver::TestDriver(std::vector<MeterConfig> meters, const std::map<std::string, PhaseMode>& modes,
                       std::unique_ptr<ModbusTransport> line, WallClock wall_clock)
    : orders_(std::move(wall_clock)),
      log_([this](LogLevel, std::string_view component, std::string_view message) {
          const std::lock_guard lock(log_mutex_);
          log_text_ += std::string(component) + ": " + std::string(message) + '\n';
      }) {
    for (const auto& [device_id, mode] : modes) {
        orders_.set_phase_mode(device_id, mode);
    }
    BusMeters bus;
    for (std::uint16_t i = 0; i < meters.size(); ++i) {
        bus.emplace_back(SourceId{i, 0}, meters[i]);
    }
    driver_ = line ? make_bus_driver(std::move(bus), std::move(line), handoff_, orders_, log_)
                   : make_bus_driver(std::move(bus), handoff_, orders_, log_);
    thread_ = std::jthread([this](const std::stop_token& stop) { driver_->run(stop); });
}

bool TestDriver::until(const std::function<bool()>& done) {
    const auto deadline = Clock::now() + 60s; // a line that loses much is slow
    while (!done()) {
        if (Clock::now() >= deadline) {
            ADD_FAILURE() << "log:\n" << log();
            return false;
        }
        for (auto& update : handoff_.take(deadline, {})) {
            Seen& seen = seen_[update.source];
            seen.info = update.info ? update.info : seen.info;
            seen.counters = update.counters.value_or(seen.counters);
            if (update.lost) {
                seen.reading.reset();
                seen.losses.push_back(*update.lost);
            }
            seen.lost = update.lost ? update.lost : seen.lost;
            if (update.reading) {
                seen.reading = update.reading;
                seen.all.push_back(*update.reading);
                ++seen.readings;
            }
        }
    }
    return true;
}

bool TestDriver::until_readings(std::size_t count, std::uint16_t meter) {
    return until([=, this] { return seen(meter).readings >= count; });
}

Clock::duration TestDriver::stop() {
    const auto begin = Clock::now();
    thread_.request_stop();
    if (thread_.joinable()) {
        thread_.join();
    }
    return Clock::now() - begin;
}

std::string TestDriver::log() const {
    const std::lock_guard lock(log_mutex_);
    return log_text_;
}

} // namespace gridbridge
