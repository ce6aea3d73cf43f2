#include "app/gx/em24_slave.hpp"

#include "app/slave/slave_frame.hpp"
#include "drivers/modbus/models/carlo_gavazzi.hpp"

#include <algorithm>

namespace gridbridge {
namespace {

constexpr std::uint8_t illegal_function = 1;
constexpr std::uint8_t illegal_address = 2;
constexpr std::uint8_t illegal_value = 3;
constexpr std::uint8_t no_response = 11; // "gateway target device failed to respond": nothing fresh
constexpr unsigned max_words = 125;

constexpr std::uint8_t read_holding = 3;
constexpr std::uint8_t read_input = 4;
constexpr std::uint8_t write_single = 6;
constexpr std::uint8_t diagnostics = 8;

constexpr std::uint16_t front_selector_locked = 3;

std::uint16_t config_for(int phases) {
    const auto by_config = em24_ethernet.phases_by_config;
    return static_cast<std::uint16_t>(std::find(by_config.begin(), by_config.end(), phases) -
                                      by_config.begin());
}

} // namespace

// What can be read in one request, and written. `words` is asked only while there are values.
struct Em24Slave::Area {
    std::uint16_t first = 0, last = 0;
    Words (*words)(const Em24Slave& slave) = nullptr;
    std::optional<std::uint16_t> max{}; // largest value that can be written
    void (*set)(Em24Slave& slave, std::uint16_t value) = nullptr;
};

std::span<const Em24Slave::Area> Em24Slave::areas() {
    using Slave = const Em24Slave&;
    static constexpr std::array table{std::to_array<Area>({
        {0x0000, 0x004F, [](Slave s) { return Words(s.words_->begin(), s.words_->end()); }},
        {0x0302, 0x0302, [](Slave s) { return Words{s.version_}; }},
        {0x0304, 0x0304, [](Slave s) { return Words{s.version_}; }},
        {0x1002, 0x1002, [](Slave s) { return Words{*s.config_}; }, std::uint16_t{4},
         [](Em24Slave& s, std::uint16_t value) {
             s.config_ = value;
             s.encode();
         }},
        {0x5000, 0x5006,
         [](Slave s) {
             const auto words = encode_serial(s.serial_);
             return Words(words.begin(), words.end());
         }},
        {0xA000, 0xA000, [](Slave s) { return Words{s.application_}; }, std::uint16_t{7},
         [](Em24Slave& s, std::uint16_t value) { s.application_ = value; }},
        {0xA100, 0xA100, [](Slave) { return Words{front_selector_locked}; }},
    })};
    return table;
}

const Em24Slave::Area* Em24Slave::area_of(unsigned first, unsigned count) {
    for (const Area& area : areas()) {
        if (first >= area.first && first + count <= area.last + 1U) {
            return &area;
        }
    }
    return nullptr;
}

void Em24Slave::take(std::string_view serial, const Reading& reading, Clock::duration good_for,
                     Clock::time_point now) {
    if (serial != serial_) {
        if (!serial_.empty()) {
            paused_until_ = now + change_pause;
        }
        serial_ = serial;
        image_.forget();
        config_.reset();
    }
    image_.take(reading);
    if (!config_ && reading.has(Quantity::Power)) {
        config_ = config_for(*image_.phases());
    }
    received_ = reading.received;
    good_for_ = good_for;
    encode();
}

void Em24Slave::encode() {
    words_ = config_ ? image_.words(em24_ethernet.phases_by_config[*config_]) : std::nullopt;
}

void Em24Slave::lose() {
    image_.lose();
    words_.reset();
}

bool Em24Slave::has_values(Clock::time_point now) const {
    return words_ && now - received_ <= good_for_ && !(paused_until_ && now < *paused_until_);
}

Em24Slave::Pdu Em24Slave::answer(int to_unit, std::span<const std::uint8_t> pdu, Clock::time_point now) {
    if (pdu.empty()) {
        return exception_reply(0, illegal_function);
    }
    const std::uint8_t function = pdu[0];
    if (to_unit != unit) {
        return exception_reply(function, no_response);
    }
    const bool reads = function == read_holding || function == read_input;
    if (!reads && function != write_single && function != diagnostics) {
        return exception_reply(function, illegal_function);
    }
    if (pdu.size() != 5) {
        return exception_reply(function, illegal_value);
    }
    if (reads) {
        return read(function, word_at(pdu, 1), word_at(pdu, 3), now);
    }
    if (function == write_single) {
        return write(pdu);
    }
    const bool echo = word_at(pdu, 1) == 0;
    return echo ? Pdu(pdu.begin(), pdu.end()) : exception_reply(function, illegal_function);
}

Em24Slave::Pdu Em24Slave::read(std::uint8_t function, unsigned first, unsigned count,
                               Clock::time_point now) const {
    if (count == 0 || count > max_words) {
        return exception_reply(function, illegal_value);
    }
    const Area* const area = area_of(first, count);
    if (area == nullptr) {
        return exception_reply(function, illegal_address);
    }
    // Also what identifies it: a GX would show a meter it can name, without values, until it gives it up.
    if (!has_values(now)) {
        return exception_reply(function, no_response);
    }
    const bool identifies = first == number_of(identification_register) && count == 1;
    Words words = identifies ? Words{identification_code} : area->words(*this);
    if (!identifies) {
        words.erase(words.begin(), words.begin() + (static_cast<int>(first) - area->first));
        words.resize(count);
    }
    Pdu pdu{function, static_cast<std::uint8_t>(2 * count)};
    for (const std::uint16_t word : words) {
        pdu.push_back(static_cast<std::uint8_t>(word >> 8));
        pdu.push_back(static_cast<std::uint8_t>(word & 0xFF));
    }
    return pdu;
}

Em24Slave::Pdu Em24Slave::write(std::span<const std::uint8_t> pdu) {
    const Area* const area = area_of(word_at(pdu, 1), 1);
    if (area == nullptr || !area->max) {
        return exception_reply(write_single, illegal_address);
    }
    const unsigned value = word_at(pdu, 3);
    if (value > *area->max) {
        return exception_reply(write_single, illegal_value);
    }
    area->set(*this, static_cast<std::uint16_t>(value));
    return {pdu.begin(), pdu.end()};
}

} // namespace gridbridge
