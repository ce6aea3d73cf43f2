// SunSpec registers typed word by word, and what is read of them.
#pragma once

#include "app/simulate/modbus_image.hpp"
#include "drivers/modbus/sunspec/sunspec_chain.hpp"
#include "drivers/waist/reading.hpp"

#include <cstdint>
#include <map>
#include <string_view>
#include <vector>

namespace gridbridge {

using Registers = std::map<std::uint16_t, std::uint16_t>;

// Appends models behind a marker.
class SunSpecDevice {
  public:
    explicit SunSpecDevice(unsigned base = 40000);

    // A model with `filler` in all its data; the offsets of what follows count from its id.
    SunSpecDevice& model(unsigned id, unsigned length, std::uint16_t filler = 0xFFFF);
    SunSpecDevice& common(std::string_view maker, std::string_view product, std::string_view serial,
                          unsigned length = 66);
    SunSpecDevice& options(std::string_view text); // of the model 1 that is the newest model
    SunSpecDevice& word(unsigned offset, int value);
    SunSpecDevice& words(unsigned offset, const std::vector<int>& values);
    SunSpecDevice& acc32(unsigned offset, std::uint32_t value);
    SunSpecDevice& f32(unsigned offset, float value);
    SunSpecDevice& end() { return model(0xFFFF, 0); }

    unsigned address() const { return model_; } // of the newest model's id
    const Registers& registers() const { return registers_; }
    ModbusImage image(int unit = 1) const;

  private:
    void text(unsigned offset, unsigned words, std::string_view text);

    unsigned next_;
    unsigned model_ = 0;
    Registers registers_;
};

// A running inverter 103 with 2300 W, and a meter 203 that exports 1500 W.
void add_inverter(SunSpecDevice& device, unsigned length = 50);
void add_meter(SunSpecDevice& device);

std::vector<sunspec::ChainModel> walk_chain(const Registers& registers, unsigned base);

// One snapshot as it is delivered, after `before`, which keeps what was decoded.
struct SunSpecReading {
    Reading raw;
    Reading delivered;
};
void read_snapshot(const Registers& registers, unsigned base, sunspec::ModelKind kind, SunSpecReading& into);
Reading read_device(const SunSpecDevice& device, sunspec::ModelKind kind, unsigned base = 40000);

} // namespace gridbridge
