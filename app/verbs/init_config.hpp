// The configuration `gridbridge init` writes. Pure.
#pragma once

#include <span>
#include <string>

namespace gridbridge {

struct FoundPort {
    std::string name;   // by id where it has one
    std::string path;   // "/dev/ttyUSB0"
    std::string kind;   // "USB, ftdi_sio"; empty: unknown
    std::string holder; // who has it open; empty: nobody
};

// Every key with its default and what it means, and a commented [[meter]] for each port.
std::string commented_config(std::span<const FoundPort> ports);

} // namespace gridbridge
