// The register map of one meter as far as the meter, or the gateway before it, turned out to have it. Pure.
#pragma once

#include "drivers/modbus/map/block_plan.hpp"

#include <cstdint>
#include <vector>

namespace gridbridge {

class ActiveMap {
  public:
    ActiveMap() = default;
    ActiveMap(const ActiveMap&) = delete;
    ActiveMap& operator=(const ActiveMap&) = delete;

    // `model` must outlive the use of this. How long a read may be was learned of the way to the meter, and
    // stays.
    void begin(const ModelRow& model);

    const ModelRow& model() const { return model_; } // with the rows that are read now
    PlanLimits limits() const;

    // A block was read: shorter ones are not too long either, and its registers are there.
    void answered(const Block& block);
    bool has_answered(const Block& block) const; // with any of its registers
    // A block was refused, or not answered, and may be too long. True: shorter ones are planned from now on.
    enum class Refusal : std::uint8_t { Length, Absence, Silence };
    bool shorten(const Block& block, Refusal refusal);
    // No such registers: true, and others may be read in their place, or false: some have been read, or power
    // is among them.
    bool remove(const Block& block);
    bool has_replaced() const { return has_replaced_; } // by the last remove()

  private:
    std::uint16_t longest() const;
    void tighten();

    ModelRow model_;
    std::vector<RegisterRow> rows_;   // of model_, once they are not those of the meter's model
    std::uint16_t known_limit_ = 125; // of the way to the meter
    std::uint16_t trial_limit_ = 125; // while it is looked for
    std::uint16_t longest_answered_ = 0;
    std::vector<RegisterAddress> answered_; // first words of rows, sorted
    bool has_replaced_ = false;
};

} // namespace gridbridge
