// Whether the energy counters of a meter net the phases or count each by itself: seen when phases import
// while others export. Pure.
#pragma once

#include "drivers/text/choice.hpp"
#include "drivers/waist/reading.hpp"

#include <cstdint>
#include <optional>
#include <utility>

namespace gridbridge {

enum class CounterKind : std::uint8_t { Unknown, Netted, PerPhase };

// Of those that are known.
inline constexpr Names<CounterKind, 2> counter_kind_names{
    {{"netted", CounterKind::Netted}, {"per phase", CounterKind::PerPhase}}};

// Compares what the import counter has counted with what it would have in either case. Says nothing before
// the two differ by more than the counter's steps and the power's error explain.
class CounterKindWatch {
  public:
    void apply(const Reading& reading);
    CounterKind kind() const { return kind_; }

  private:
    std::optional<std::pair<double, double>> imported(const Reading& reading); // kWh since the last reading

    CounterKind kind_ = CounterKind::Unknown;
    std::optional<std::pair<double, double>> watts_; // imported: netted, per phase
    Clock::time_point at_{};
    std::optional<double> counter_;
    double netted_ = 0, per_phase_ = 0, counted_ = 0; // kWh since the first reading, pauses left out
    double step_ = 1;                                 // smallest seen of the counter
};

} // namespace gridbridge
