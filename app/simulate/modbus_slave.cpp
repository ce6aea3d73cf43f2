#include "app/simulate/modbus_slave.hpp"

#include "drivers/text/endpoint.hpp"
#include "drivers/text/number.hpp"
#include "drivers/text/text.hpp"

#include <array>
#include <cmath>
#include <utility>

namespace gridbridge {
namespace {

using Pdu = std::vector<std::uint8_t>;

constexpr std::uint8_t illegal_function = 1;
constexpr std::uint8_t illegal_address = 2;
constexpr std::uint8_t illegal_value = 3;
constexpr unsigned most_written_words = 123; // MODBUS Application Protocol V1.1b3, 6.12

Pdu read_words(const ModbusImage& image, std::uint8_t function, unsigned first, unsigned count) {
    if (count == 0 || count > image.max_words) {
        return exception_reply(function, illegal_value);
    }
    Pdu pdu{function, static_cast<std::uint8_t>(2 * count)};
    const auto single = image.single.find(static_cast<std::uint16_t>(first));
    if (count == 1 && single != image.single.end()) {
        add_word(pdu, single->second);
        return pdu;
    }
    for (unsigned address = first; address < first + count; ++address) {
        const auto found = image.registers.find(static_cast<std::uint16_t>(address));
        // An address with a one-word meaning of its own holds a measurement inside longer reads.
        const bool alone = count > 1 && image.one_word.contains(static_cast<std::uint16_t>(address)) &&
                           !image.single.contains(static_cast<std::uint16_t>(address));
        if (address > 0xFFFF || found == image.registers.end() || alone) {
            return exception_reply(function, illegal_address);
        }
        add_word(pdu, found->second);
    }
    return pdu;
}

// 0, or an exception code.
int store(ModbusImage& image, std::uint16_t first, std::span<const std::uint16_t> words) {
    for (std::size_t i = 0; i < words.size(); ++i) {
        const auto range = image.writable.find(static_cast<std::uint16_t>(first + i));
        if (range == image.writable.end() || first + i > 0xFFFF) {
            return illegal_address;
        }
        if (words[i] < range->second.first || words[i] > range->second.second) {
            return illegal_value;
        }
    }
    if (image.write) {
        return image.write(image, first, words);
    }
    for (std::size_t i = 0; i < words.size(); ++i) {
        image.registers[static_cast<std::uint16_t>(first + i)] = words[i];
    }
    return 0;
}

Pdu write_word(ModbusImage& image, std::span<const std::uint8_t> pdu) {
    const std::array words{static_cast<std::uint16_t>(word_at(pdu, 3))};
    const int refusal = store(image, static_cast<std::uint16_t>(word_at(pdu, 1)), words);
    return refusal != 0 ? exception_reply(pdu[0], static_cast<std::uint8_t>(refusal))
                        : Pdu(pdu.begin(), pdu.end());
}

Pdu write_words(ModbusImage& image, std::span<const std::uint8_t> pdu) {
    constexpr std::size_t head = 6; // function, address, count, bytes
    const unsigned count = pdu.size() < head ? 0 : word_at(pdu, 3);
    if (count == 0 || count > most_written_words || pdu[5] != 2 * count ||
        pdu.size() != head + std::size_t{2} * count) {
        return exception_reply(pdu[0], illegal_value);
    }
    std::vector<std::uint16_t> words;
    for (unsigned i = 0; i < count; ++i) {
        words.push_back(static_cast<std::uint16_t>(word_at(pdu, head + std::size_t{2} * i)));
    }
    const int refusal = store(image, static_cast<std::uint16_t>(word_at(pdu, 1)), words);
    return refusal != 0 ? exception_reply(pdu[0], static_cast<std::uint8_t>(refusal))
                        : Pdu(pdu.begin(), pdu.begin() + 5);
}

} // namespace

std::vector<std::uint8_t> answer(ModbusImage& image, std::span<const std::uint8_t> pdu) {
    if (pdu.empty()) {
        return exception_reply(0, illegal_function);
    }
    const std::uint8_t function = pdu[0];
    const bool reads = (function == 3 || function == 4) && image.read_functions.contains(function);
    if (!reads && function != 6 && function != 8 && function != 16) {
        return exception_reply(function, illegal_function);
    }
    if (function == 16) {
        return write_words(image, pdu);
    }
    if (pdu.size() != 5) {
        return exception_reply(function, illegal_value);
    }
    if (reads) {
        return read_words(image, function, word_at(pdu, 1), word_at(pdu, 3));
    }
    if (function == 6) {
        return write_word(image, pdu);
    }
    if (word_at(pdu, 1) != 0) {
        return exception_reply(function, illegal_function);
    }
    return {pdu.begin(), pdu.end()};
}

namespace {

using std::chrono::milliseconds;

bool take_count(std::string_view text, unsigned& count) {
    const auto number = parse_integer(text);
    if (!number || *number < 1 || *number > 1'000'000) {
        return false;
    }
    count = static_cast<unsigned>(*number);
    return true;
}

bool take_seconds(std::string_view text, milliseconds& time) {
    const auto seconds = parse_number(text);
    if (!seconds || *seconds < 0 || *seconds > 1e6) {
        return false;
    }
    time = milliseconds(std::llround(*seconds * 1000));
    return true;
}

bool take_late(std::string_view value, SlaveFaults& faults) {
    const auto parts = split(value, ':');
    unsigned late = 0;
    const bool good = parts.size() <= 2 && take_count(parts[0], late) &&
                      (parts.size() < 2 || take_count(parts[1], faults.late_every));
    faults.late = milliseconds(late);
    return good;
}

bool take_exception(std::string_view value, SlaveFaults& faults) {
    const auto parts = split(value, ':');
    unsigned code = 0;
    const bool good = parts.size() == 2 && take_count(parts[0], code) && code <= 255 &&
                      take_count(parts[1], faults.exception_every);
    faults.exception_code = static_cast<std::uint8_t>(code & 0xFF);
    return good;
}

bool take_silence(std::string_view value, SlaveFaults& faults) {
    const auto parts = split(value, '@');
    return parts.size() <= 2 && take_seconds(parts[0], faults.silence) &&
           (parts.size() < 2 || take_seconds(parts[1], faults.silence_from));
}

struct FaultRow {
    std::string_view name;
    std::string_view form;
    bool (*take)(std::string_view value, SlaveFaults& faults);
};

constexpr std::array fault_table{std::to_array<FaultRow>({
    {"drop", "drop=N", [](std::string_view v, SlaveFaults& f) { return take_count(v, f.drop_every); }},
    {"crc", "crc=N", [](std::string_view v, SlaveFaults& f) { return take_count(v, f.crc_every); }},
    {"garbage", "garbage=N",
     [](std::string_view v, SlaveFaults& f) { return take_count(v, f.garbage_every); }},
    {"late", "late=MS or late=MS:N", take_late},
    {"exception", "exception=CODE:N", take_exception},
    {"silence", "silence=S or silence=S@START", take_silence},
    {"corrupt", "corrupt=N",
     [](std::string_view v, SlaveFaults& f) { return take_count(v, f.corrupt_every); }},
    {"hangup", "hangup=S",
     [](std::string_view v, SlaveFaults& f) { return take_seconds(v, f.hangup) && f.hangup.count() > 0; }},
})};

} // namespace

std::string parse_fault(std::string_view text, SlaveFaults& faults) {
    const std::size_t equals = text.find('=');
    std::string known;
    for (const FaultRow& row : fault_table) {
        if (equals != std::string_view::npos && text.substr(0, equals) == row.name) {
            SlaveFaults changed = faults;
            if (!row.take(text.substr(equals + 1), changed)) {
                return "fault " + in_quotes(text) + " must have the form " + std::string(row.form);
            }
            faults = changed;
            return {};
        }
        known += (known.empty() ? "" : ", ") + std::string(row.name);
    }
    return "fault " + in_quotes(text) + " is not known; there are " + known;
}

std::optional<SlaveListen> parse_slave_listen(std::string_view uri) {
    using Kind = SlaveListen::Kind;
    const std::size_t colon = uri.find("://");
    if (colon == std::string_view::npos) {
        return std::nullopt;
    }
    const std::string_view scheme = uri.substr(0, colon);
    const std::string_view where = uri.substr(colon + 3);
    if (scheme == "rtu") {
        return SlaveListen{Kind::Pty, std::string(where), {}, 0};
    }
    if (scheme != "tcp" && scheme != "rtutcp") {
        return std::nullopt;
    }
    const std::string_view any_port = ":0"; // parse_endpoint() knows no port 0
    const bool any = where.ends_with(any_port);
    const auto endpoint = parse_endpoint(any ? where.substr(0, where.size() - any_port.size()) : where,
                                         any ? std::uint16_t{1} : std::uint16_t{502});
    if (!endpoint) {
        return std::nullopt;
    }
    return SlaveListen{scheme == "tcp" ? Kind::Tcp : Kind::SerialOverTcp,
                       {},
                       endpoint->host,
                       any ? std::uint16_t{0} : endpoint->port};
}

} // namespace gridbridge
