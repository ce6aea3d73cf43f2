// The chain of models in a SunSpec device: how it is walked, and which of its devices is meant. Pure. Source:
// SunSpec Information Model Specification; deviations: victronenergy/dbus-fronius, sunspec_detector.cpp.
#pragma once

#include "drivers/modbus/sunspec/sunspec_models.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace gridbridge::sunspec {

struct ChainModel {
    std::uint16_t id = 0;
    std::uint16_t length = 0;  // of the data, in words
    RegisterAddress address{}; // of the register of the id; the length and the data follow

    unsigned end() const { return number_of(address) + 2U + length; }
    bool operator==(const ChainModel&) const = default;
};

// Asks for one model head after the other. Ends at the end model, at a head that cannot be, where the
// addresses end, and after max_models: a broken device must not keep it busy.
class ChainWalk {
  public:
    static constexpr std::size_t max_models = 64;

    // `base`: of the marker.
    explicit ChainWalk(RegisterAddress base);

    // Where the next two words are, id and length; nothing: the chain has ended.
    std::optional<RegisterAddress> next() const { return next_; }
    void take(std::uint16_t id, std::uint16_t length);
    // The device has no such registers. What was found counts.
    void refuse() { next_.reset(); }

    const std::vector<ChainModel>& models() const { return models_; }

  private:
    std::optional<RegisterAddress> next_;
    std::vector<ChainModel> models_;
};

// One device of a chain.
struct ChainDevice {
    const MeasuringModel* type = nullptr; // never null
    ChainModel measured;
    std::optional<ChainModel> common; // nearest model 1 before it
    std::optional<ChainModel> rating; // of the same device
};

// Every device of that kind in the order of the chain, each behind a model 1 of its own. Of several models of
// one device the float one, else the last.
std::vector<ChainDevice> devices_of(std::span<const ChainModel> chain, ModelKind kind);

// The models of that device, from its model 1 to before that of the next.
std::span<const ChainModel> models_of(std::span<const ChainModel> chain, const ChainDevice& device);

// Which of them is meant where nothing says it: of several inverters the last of the best models, of several
// meters the first. `devices` has at least one.
std::size_t usual_device(std::span<const ChainDevice> devices);

// The usual device of that kind.
std::optional<ChainDevice> choose_device(std::span<const ChainModel> chain, ModelKind kind);

// A text of model 1: ends at the first zero byte; blanks at its ends and what is not printable ASCII are
// dropped. Empty where the words do not reach.
std::string common_text(std::span<const std::uint16_t> model, CommonText text);

} // namespace gridbridge::sunspec
