// What is kept of a reading where a few of its quantities matter: a whole one takes 0.7 kB.
#pragma once

#include "drivers/waist/clock.hpp"
#include "drivers/waist/quantity.hpp"
#include "drivers/waist/reading.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>

namespace gridbridge {

template <Quantity... kept>
class FewValues {
  public:
    explicit FewValues(const Reading& reading) : received_(reading.received), values_{reading.get(kept)...} {}

    Clock::time_point received() const { return received_; }
    // Absent too: what is not one of `kept`.
    std::optional<double> get(Quantity quantity) const {
        constexpr std::array quantities{kept...};
        const auto* const found = std::find(quantities.begin(), quantities.end(), quantity);
        return found == quantities.end() ? std::nullopt
                                         : values_.at(static_cast<std::size_t>(found - quantities.begin()));
    }
    bool has(Quantity quantity) const { return get(quantity).has_value(); }

  private:
    Clock::time_point received_;
    std::array<std::optional<double>, sizeof...(kept)> values_;
};

} // namespace gridbridge
