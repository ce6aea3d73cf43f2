// A meter with live values and OCMF registers at the end of a real line.
#pragma once

#include "app/simulate/modbus_image.hpp"
#include "drivers/meter/meter_config.hpp"
#include "drivers/waist/clock.hpp"
#include "tests/drivers/modbus/test_bus.hpp"
#include "tests/fakes/ocmf_meter.hpp"

#include <atomic>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace gridbridge {

class OcmfSlave {
  public:
    // Pty or Tcp.
    OcmfSlave(Line line, OcmfMeter::Behaviour behaviour);
    OcmfSlave(const OcmfSlave&) = delete;
    OcmfSlave& operator=(const OcmfSlave&) = delete;
    ~OcmfSlave();

    MeterConfig config() const;
    template <typename Function>
    auto with_meter(Function function) {
        const std::lock_guard lock(mutex_);
        return function(meter_);
    }
    void set_register(std::uint16_t address, std::uint16_t word) {
        const std::lock_guard lock(mutex_);
        image_.registers[address] = word;
    }
    std::atomic<bool> is_silent = false;

  private:
    void serve(const std::stop_token& stop);
    std::vector<std::uint8_t> answer_to(const std::vector<std::uint8_t>& pdu);
    std::vector<std::uint8_t> read(const std::vector<std::uint8_t>& pdu);

    const Line line_;
    int listener_ = -1, link_ = -1, slave_ = -1;
    std::uint16_t port_ = 0;
    std::string path_;
    std::mutex mutex_;
    OcmfMeter meter_;   // guarded by mutex_
    ModbusImage image_; // guarded by mutex_
    Clock::time_point passed_ = Clock::now();
    std::jthread thread_;
};

} // namespace gridbridge
