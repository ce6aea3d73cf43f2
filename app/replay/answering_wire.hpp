// A wire that answers as a recorded one did, at whatever time it is asked: for a recording that begins in the
// middle, where a driver asks at other times than recorded.
#pragma once

#include "app/replay/replayed_wire.hpp"
#include "drivers/io/wire.hpp"

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace gridbridge {

// What was asked on a connection, and what came then.
class RecordedAnswers {
  public:
    // Further away in time than this an answer is that of another moment, and there is none.
    static constexpr std::chrono::seconds same_moment{3};
    // In which who the meters are, told before the cut, is told again.
    static constexpr std::chrono::seconds introduction{10};

    // `has_transaction_id`: the first two octets of a request are a number that its answer repeats (Modbus
    // TCP). What was recorded before `cut` tells who the meters are.
    RecordedAnswers(const std::vector<WireRecord>& records, Clock::time_point cut, bool has_transaction_id);

    struct Piece {
        Clock::duration after{}; // the request
        std::vector<std::uint8_t> bytes;
    };
    // Nothing comes: none was recorded, or silence was.
    std::vector<Piece> answer(std::span<const std::uint8_t> request, Clock::time_point now) const;

  private:
    struct Exchange {
        std::vector<std::uint8_t> request; // without its transaction id
        Clock::time_point at{};
        std::vector<Piece> pieces;
    };
    const Exchange* find(std::span<const std::uint8_t> request, Clock::time_point now) const;

    std::size_t id_size_;
    Clock::time_point cut_;
    std::vector<Exchange> exchanges_;
};

// Used in a time that passes by sleeping (VirtualTime). `answers` outlives it.
std::unique_ptr<Wire> make_answering_wire(const RecordedAnswers& answers, std::string name);

} // namespace gridbridge
