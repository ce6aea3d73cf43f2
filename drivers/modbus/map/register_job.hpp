// A read or write of any length as a row of requests. Pure.
#pragma once

#include "drivers/modbus/map/register_map.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace gridbridge {

// Either `words` to read, or what to write with function 16.
struct RegisterRequest {
    RegisterAddress address{};
    std::uint16_t words = 0; // to read, 1..125; 0: it is a write
    std::vector<std::uint16_t> write{};
    bool operator==(const RegisterRequest&) const = default;
};

// Lost: no answer, a spoilt one, or one that says nothing about the register; a write may have been done.
// Refused: the meter has not done it.
struct RegisterAnswer {
    enum class Kind : std::uint8_t { Good, Refused, Lost };
    Kind kind = Kind::Lost;
    std::uint8_t exception = 0;         // Refused
    std::vector<std::uint16_t> words{}; // Good, of a read
};

class RegisterJob {
  public:
    static RegisterJob read(RegisterAddress address, std::size_t words);
    static RegisterJob write(RegisterAddress address, std::vector<std::uint16_t> words);

    RegisterRequest request() const;
    // The request has succeeded. True: it was the last one.
    bool take(const std::vector<std::uint16_t>& words);
    const std::vector<std::uint16_t>& words() const { return words_; }

  private:
    RegisterJob(RegisterAddress address, bool is_write, std::size_t count, std::vector<std::uint16_t> words);
    std::uint16_t chunk() const;

    RegisterAddress address_;
    bool is_write_;
    std::size_t count_;
    std::size_t done_ = 0;
    std::vector<std::uint16_t> words_;
};

} // namespace gridbridge
