// The 80 words 0x0000-0x004F of an EM24 Ethernet that a reading of any meter becomes. Pure; the publisher
// thread and the server take turns.
//
// What a GX (dbus-modbus-client) does decides what a quantity without a value becomes, because it takes every
// word for a number and computes the grid power from the phases only:
// - Power of the total or of a phase that is shown: no words at all.
// - Other quantities the GX publishes (voltages, currents, frequency, energies): no words as long as the
//   source gave them within the last 60 s; of a source that does not give them 0, as a meter without that
//   function has it.
// - Everything else: the register's "no value" marker.
// Phases that cannot be shown one by one are shown as their total on L1, never as a part of it: a source that
// has only a total, and one of more phases than the phase configuration shows.
#pragma once

#include "drivers/waist/reading.hpp"

#include <array>
#include <bitset>
#include <chrono>
#include <cstdint>
#include <optional>

namespace gridbridge {

inline constexpr std::size_t em24_image_words = 80;
using Em24Words = std::array<std::uint16_t, em24_image_words>;

class Em24Image {
  public:
    static constexpr std::chrono::seconds memory{60}; // a quantity that stays away longer is not given;
                                                      // an energy stands still instead

    void take(const Reading& reading);
    // The meter is lost: nothing to show until it returns.
    void lose() { reading_ = Reading(); }
    // The next reading is that of another meter.
    void forget() { *this = Em24Image(); }

    // Phases of the source, 1..3: those it ever gave a power of; 1 for one that gives a total only. Nothing
    // before the first reading.
    std::optional<int> phases() const { return phases_; }

    // `shown`: phases by the phase configuration, 1..3. Nothing when a needed quantity has no value.
    std::optional<Em24Words> words(int shown) const;

  private:
    bool is_given(Quantity q) const; // within the memory
    bool can_show_each_phase(int shown) const;
    void show_total_as_phase_one(Reading& reading, std::bitset<quantity_count>& given) const;

    Reading reading_;
    Reading energies_; // newest that were given
    std::array<std::optional<Clock::time_point>, quantity_count> given_at_;
    std::optional<int> phases_;
};

} // namespace gridbridge
