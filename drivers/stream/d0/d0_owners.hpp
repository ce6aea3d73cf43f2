// Which of several devices on a line a readout is of.
#pragma once

#include "drivers/stream/obis/telegram.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace gridbridge {

// A readout is that of the device that was asked, unless it names another one: by its serial number, or
// without one by its identification. Two devices of one kind that send no serial number cannot be told apart
// by what they say. Pure.
class D0Owners {
  public:
    explicit D0Owners(std::size_t devices) : devices_(devices) {}

    // The other device that has sent `telegram` in the turn of `device`; nothing: none is known to.
    std::optional<std::size_t> other_owner(std::size_t device, const Telegram& telegram) const;
    // It was taken for a readout of `device`.
    void accepted(std::size_t device, const Telegram& telegram);

  private:
    struct Known {
        std::string serial, ident; // empty: not known
    };
    std::vector<Known> devices_;
};

} // namespace gridbridge
