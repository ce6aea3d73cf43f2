#include "app/bundle/modbus_secrets.hpp"

#include "drivers/modbus/line/frame.hpp"
#include "drivers/modbus/signing/ocmf_registers.hpp"
#include "drivers/modbus/sunspec/sunspec_models.hpp"
#include "drivers/text/characters.hpp"
#include "drivers/text/text.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace gridbridge {
namespace {

constexpr std::size_t serial_words = 7;
constexpr std::array serial_registers{0x1300U, 0x5000U}; // EM24, all others

// Of those that sign: texts of one transaction.
struct TextArea {
    unsigned first = 0, words = 0;
};
constexpr std::array text_areas{TextArea{number_of(ocmf::text_register), 126}, TextArea{0x7007, 20},
                                TextArea{0x701C, 20}, TextArea{number_of(ocmf::last_id), 7}};
constexpr TextArea key_areas[] = {{number_of(ocmf::raw_key), 0x100}, {number_of(ocmf::der_key), 0x100}};
constexpr unsigned file_end = number_of(ocmf::file) + ocmf::max_file_words;

std::string text_of(const std::vector<std::size_t>& octets, ByteView bytes) {
    const Bytes text = octets_at(octets, bytes);
    return {text.begin(), text.end()};
}

// Octets of the registers that lie in the area.
std::vector<std::size_t> part_of(const TalkRegisters& registers, unsigned first, unsigned words) {
    const unsigned from = std::max<unsigned>(first, registers.first);
    const unsigned to = std::min(first + words, registers.end());
    if (from >= to) {
        return {};
    }
    return positions(registers.at + std::size_t{2} * (from - registers.first), std::size_t{2} * (to - from));
}

class Search {
  public:
    Search(const ModbusTalk& talk, bool signs) : talk_(talk), signs_(signs) {}

    ModbusPlaces run() {
        for (const TalkRegisters& registers : talk_.registers) {
            find_serials(registers);
            find_common_model(registers);
            if (signs_) {
                find_texts(registers);
                find_keys(registers);
                gather_file(registers);
            }
        }
        find_in_file();
        return std::move(found_);
    }

  private:
    const Bytes& bytes_of(const TalkRegisters& registers) const {
        return registers.is_sent ? talk_.sent : talk_.received;
    }

    void add(bool is_sent, std::vector<std::size_t> octets, std::string secret) {
        (is_sent ? found_.sent : found_.received).push_back({std::move(octets), std::move(secret)});
    }

    // Some meters have one character in each register: zeros are dropped.
    void find_serials(const TalkRegisters& registers) {
        for (const unsigned first : serial_registers) {
            auto octets = part_of(registers, first, serial_words);
            std::erase_if(octets, [&](std::size_t at) { return bytes_of(registers)[at] == 0; });
            if (octets.size() >= 2) {
                std::string text = text_of(octets, bytes_of(registers));
                add(registers.is_sent, std::move(octets), std::move(text));
            }
        }
    }

    // Read from its head on, with the length of its model.
    void find_common_model(const TalkRegisters& registers) {
        constexpr std::size_t begin = std::size_t{2} * sunspec::serial_number.offset;
        constexpr std::size_t end = begin + std::size_t{2} * sunspec::serial_number.words;
        const Bytes& bytes = bytes_of(registers);
        const ByteView octets = ByteView(bytes).subspan(registers.at, registers.size);
        if (octets.size() < end || octets[0] != 0 || octets[1] != sunspec::common_model || octets[2] != 0 ||
            (octets[3] != 65 && octets[3] != 66)) {
            return;
        }
        std::vector<std::size_t> serial = positions(registers.at + begin, end - begin);
        std::string text = text_of(serial, bytes);
        text.erase(std::min(text.find('\0'), text.size()));
        serial.resize(text.size());
        add(registers.is_sent, std::move(serial), std::move(text));
    }

    void find_texts(const TalkRegisters& registers) {
        for (const TextArea& area : text_areas) {
            auto octets = part_of(registers, area.first, area.words);
            std::string text = text_of(octets, bytes_of(registers));
            text.erase(std::min(text.find('\0'), text.size()));
            octets.resize(text.size());
            add_parts(registers.is_sent, octets, text);
        }
    }

    // Tariff and id are two texts with a mark between them.
    void add_parts(bool is_sent, const std::vector<std::size_t>& octets, const std::string& text) {
        constexpr std::string_view mark = "<=>";
        const auto at = static_cast<std::ptrdiff_t>(std::min(text.find(mark), text.size()));
        const auto behind = std::min<std::ptrdiff_t>(at + 3, static_cast<std::ptrdiff_t>(text.size()));
        add(is_sent, {octets.begin(), octets.begin() + at}, text.substr(0, static_cast<std::size_t>(at)));
        add(is_sent, {octets.begin() + behind, octets.end()}, text.substr(static_cast<std::size_t>(behind)));
    }

    // Their first octets tell what they are, the last 64 or 96 are the key.
    void find_keys(const TalkRegisters& registers) {
        constexpr std::size_t most_head = 27; // DER of a key of 256 bit
        for (const TextArea& area : key_areas) {
            const auto octets = part_of(registers, area.first, area.words);
            const std::size_t head = area.first == number_of(ocmf::raw_key) ? 1 : most_head;
            mark(octets, std::min(registers.first > area.first ? 0 : head, octets.size()));
        }
        const unsigned live = number_of(ocmf::signed_map) + ocmf::signed_map_words;
        mark(part_of(registers, live, 48), 0);
    }
    void mark(const std::vector<std::size_t>& octets, std::size_t from) {
        found_.signatures.insert(found_.signatures.end(), octets.begin() + static_cast<std::ptrdiff_t>(from),
                                 octets.end());
    }

    // Read in blocks, one behind the other.
    void gather_file(const TalkRegisters& registers) {
        const auto octets = part_of(registers, number_of(ocmf::file), ocmf::max_file_words);
        if (octets.empty() || registers.is_sent) {
            return;
        }
        if (registers.first != file_goes_on_ || registers.first >= file_end) {
            find_in_file();
        }
        file_.insert(file_.end(), octets.begin(), octets.end());
        file_goes_on_ = registers.end();
    }

    void find_in_file() {
        const std::string text = text_of(file_, talk_.received);
        find_signature(text);
        for (const std::string_view key : {"GS", "MS", "ID", "CI", "TT", "IS"}) {
            const std::string quoted = in_quotes(key);
            for (std::size_t at = text.find(quoted); at != std::string::npos;
                 at = text.find(quoted, at + 1)) {
                find_member(text, at + quoted.size());
            }
        }
        file_.clear();
    }
    void find_member(const std::string& text, std::size_t at) {
        at = text.find_first_not_of(" :", at);
        if (at == std::string::npos || text[at] != '"') {
            return;
        }
        const std::size_t end = std::min(text.find('"', at + 1), text.size());
        const std::vector<std::size_t> octets(file_.begin() + static_cast<std::ptrdiff_t>(at + 1),
                                              file_.begin() + static_cast<std::ptrdiff_t>(end));
        add_parts(false, octets, text.substr(at + 1, end - at - 1));
    }
    // Many hexadecimal digits in a row; fewer where a block that was not read may have had more of them.
    void find_signature(std::string_view text) {
        constexpr std::size_t many = 24;
        constexpr std::size_t some = 8;
        for (std::size_t at = 0; at < text.size();) {
            std::size_t end = at;
            while (end < text.size() && is_hex_digit(text[end])) {
                ++end;
            }
            const std::size_t least = at == 0 || end == text.size() ? some : many;
            if (end - at >= least) {
                const auto begin = file_.begin();
                digits_.insert(digits_.end(), begin + static_cast<std::ptrdiff_t>(at),
                               begin + static_cast<std::ptrdiff_t>(end));
            }
            at = end + 1;
        }
        found_.digits.insert(found_.digits.end(), digits_.begin(), digits_.end());
        digits_.clear();
    }

    const ModbusTalk& talk_;
    bool signs_;
    ModbusPlaces found_;
    std::vector<std::size_t> file_, digits_;
    unsigned file_goes_on_ = 0;
};

void put_places(const SecretPlaces& places, const Patterns& patterns, ByteView before, Bytes& after) {
    for (const SecretPlace& place : places) {
        put_at(place.octets, patterns.in_value(octets_at(place.octets, before)), after);
    }
}

void repair_serial(const std::vector<TalkFrame>& frames, ByteView before, Bytes& after) {
    for (const TalkFrame& frame : frames) {
        const auto covered = [&](ByteView bytes) { return bytes.subspan(frame.begin, frame.size - 2); };
        const unsigned change = modbus_crc(covered(before)) ^ modbus_crc(covered(after));
        const std::size_t crc = frame.begin + frame.size - 2;
        after[crc] = static_cast<std::uint8_t>(before[crc] ^ (change & 0xFFU));
        after[crc + 1] = static_cast<std::uint8_t>(before[crc + 1] ^ (change >> 8U));
    }
}

} // namespace

ModbusPlaces places_in_modbus(const ModbusTalk& talk, bool signs) {
    return Search(talk, signs).run();
}

AnonymousTalk anonymous_modbus(bool is_tcp, const ModbusTalk& talk, bool signs, const Patterns& patterns) {
    AnonymousTalk out{patterns.in_binary(talk.sent), patterns.in_binary(talk.received)};
    const ModbusPlaces places = places_in_modbus(talk, signs);
    put_places(places.sent, patterns, talk.sent, out.sent);
    put_places(places.received, patterns, talk.received, out.received);
    for (const std::size_t at : places.signatures) {
        out.received[at] = 0;
    }
    for (const std::size_t at : places.digits) {
        out.received[at] = '0';
    }
    if (!is_tcp) {
        repair_serial(talk.sent_frames, talk.sent, out.sent);
        repair_serial(talk.received_frames, talk.received, out.received);
    }
    return out;
}

} // namespace gridbridge
