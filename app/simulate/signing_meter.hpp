// The part of a simulated EM580 that measures charging transactions and signs them. Source: EVerest
// `CarloGavazzi_EM580`; what a real meter does between a command and its
// file is not published, nor what the 61 words are that it signs with each live value: they are a text here.
#pragma once

#include "app/simulate/modbus_image.hpp"
#include "app/simulate/signing_key.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace gridbridge {

struct SigningMeterOptions {
    int bits = 384;             // of the key; 0: a meter without signatures
    std::string memory;         // what an earlier meter remembered; empty: a new one
    unsigned corrupt_every = 0; // every Nth record is corrupted
    std::function<void(const std::string& memory)> remember; // what is to be kept over a power failure
};

// Refuses with exception 4: the clock in its first 2 s and while a transaction runs; commands that do not fit
// its state. A transaction that ran when the power failed is closed at the next start.
// Throws std::invalid_argument when it cannot read the memory.
ModbusImage signing_meter(SigningMeterOptions options);

} // namespace gridbridge
