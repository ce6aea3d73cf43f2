#include "drivers/modbus/line/unit_line.hpp"

#include "drivers/io/stop_wait.hpp"

#include <algorithm>
#include <utility>

namespace gridbridge {

UnitLine::UnitLine(ModbusTransport& transport, std::uint8_t unit, std::chrono::milliseconds timeout,
                   MeterCounters& counters, std::stop_token stop)
    : transport_(transport), unit_(unit), timeout_(timeout), counters_(counters), stop_(std::move(stop)) {}

std::vector<std::uint16_t> UnitLine::exchange(const Request& request) {
    const std::uint64_t skipped = transport_.skipped_bytes();
    try {
        auto words = transport_.exchange(request, timeout_);
        count_round_trip();
        counters_.skipped_bytes += transport_.skipped_bytes() - skipped;
        return words;
    } catch (const Timeout&) {
        ++counters_.timeouts;
        throw;
    } catch (const BadReply&) {
        ++counters_.rejected;
        throw;
    } catch (const ExceptionReply&) {
        ++counters_.exceptions;
        count_round_trip();
        throw;
    }
}

void UnitLine::count_round_trip() {
    counters_.round_trip = transport_.round_trip();
    counters_.round_trips.add(counters_.round_trip);
}

std::vector<std::uint16_t> UnitLine::read(RegisterAddress address, std::uint16_t words, int attempts) {
    constexpr std::chrono::milliseconds first_pause{50};
    constexpr std::chrono::milliseconds longest_pause{400};
    const Request request{unit_, read_function_, address, words};
    for (auto rest = first_pause; attempts > 1; --attempts) {
        try {
            return exchange(request);
        } catch (const Timeout&) { // counted; the next attempt follows
        } catch (const BadReply&) {
        } catch (const ExceptionReply& reply) {
            if (!is_like_timeout(reply)) {
                throw;
            }
            pause(rest); // whoever is busy is so for a while
            rest = std::min(2 * rest, longest_pause);
        }
    }
    return exchange(request);
}

std::uint16_t UnitLine::read_word(RegisterAddress address, int attempts) {
    return read(address, 1, attempts).at(0);
}

std::optional<std::uint16_t> UnitLine::read_optional_word(RegisterAddress address, int attempts) {
    try {
        return read_word(address, attempts);
    } catch (const ExceptionReply& reply) {
        if (!is_absent(reply)) {
            throw;
        }
        return std::nullopt;
    }
}

std::optional<std::uint16_t> UnitLine::read_shown_word(RegisterAddress address, int attempts) {
    try {
        return read_word(address, attempts);
    } catch (const ExceptionReply&) {
        return std::nullopt;
    }
}

void UnitLine::write(RegisterAddress address, std::uint16_t value) {
    exchange({unit_, Function::WriteSingle, address, value});
}

void UnitLine::write_words(RegisterAddress address, std::vector<std::uint16_t> words) {
    const auto count = static_cast<std::uint16_t>(words.size());
    exchange({unit_, Function::WriteMultiple, address, count, std::move(words)});
}

void UnitLine::pause(std::chrono::milliseconds time) const {
    if (!wait_until(Clock::now() + time, stop_)) {
        throw Stopped();
    }
}

bool is_absent(const ExceptionReply& reply) {
    return reply.code() == 1 || reply.code() == 2;
}

bool is_like_timeout(const ExceptionReply& reply) {
    return !is_absent(reply) && reply.code() != 3;
}

} // namespace gridbridge
