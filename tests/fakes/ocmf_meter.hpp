// The OCMF registers of a meter that signs charging transactions, as the protocol describes them.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace gridbridge {

class OcmfMeter {
  public:
    struct Behaviour {
        std::chrono::milliseconds busy{300}; // from a command until 0x7100 shows what came of it
        std::uint16_t busy_state = 1;        // what 0x7100 says from 'E' until the record is there
        bool power_loss_closes = true;       // else the transaction goes on
        bool spoils_records = false;         // they end up corrupted
        std::uint16_t signature_type = 0;    // 0: 256 bit, 1: 384 bit, 2: none
        std::size_t identification = 39;     // makes records longer
        std::uint16_t refuses_register = 0;  // writes to it are answered with exception 3
    };

    OcmfMeter() : OcmfMeter(Behaviour{}) {}
    explicit OcmfMeter(Behaviour behaviour) : behaviour_(behaviour) {}

    using Words = std::vector<std::uint16_t>;
    Words read(std::uint16_t address, std::size_t count) {
        Words words;
        for (std::size_t i = 0; i < count; ++i) {
            words.push_back(word_at(static_cast<std::uint16_t>(address + i)));
        }
        return words;
    }

    bool write(std::uint16_t address, const Words& words) {
        writes.emplace_back(address, words);
        if (address == behaviour_.refuses_register) {
            return false;
        }
        if (address == 0x7040) {
            return words.at(0) == 'B' ? begin() : words.at(0) == 'E' && end();
        }
        if (address == 0x7100) {
            return words.at(0) == 0 && confirm();
        }
        clock_was_set_while_running |= (address == 0x7031 || address == 0x7032) && state_ == 1;
        for (std::size_t i = 0; i < words.size(); ++i) {
            memory_[static_cast<std::uint16_t>(address + i)] = words[i];
        }
        return true;
    }

    void pass(std::chrono::nanoseconds time) {
        if (beginning_ && (*beginning_ -= time) <= time.zero()) {
            beginning_.reset();
            shown_ = state_ = 1;
            ++begun;
            signed_ = memory_;
        }
        if (closing_ && (*closing_ -= time) <= time.zero()) {
            closing_.reset();
            close("E");
        }
    }

    void power_cut() {
        beginning_.reset();
        if (closing_ || (state_ == 1 && behaviour_.power_loss_closes)) {
            closing_.reset();
            close("P");
        }
        for (unsigned address = 0x7000; address < 0x7040; ++address) {
            memory_.erase(static_cast<std::uint16_t>(address));
        }
    }

    void close(const std::string& reason) {
        if (state_ != 1) {
            signed_ = memory_;
        }
        shown_ = state_ = behaviour_.spoils_records ? 3 : 2;
        ++records_made;
        const auto text = [this](std::uint16_t address) { return text_in(signed_, address, 126); };
        record =
            R"(OCMF|{"FV":"1.2","GI":"EM580","PG":"T)" + std::to_string(records_made) +
            R"(","IS":true,"ID":")" + text(0x7007) + R"(","TT":")" + text(0x6900) +
            R"(","CT":"EVSEID","CI":")" + text(0x701C) +
            R"(","RD":[{"TM":"2026-11-30T04:00:00,000+0000 S","TX":"B","RV":12.345,"RI":"1-b:1.8.0","RU":"kWh"},)" +
            R"({"TM":"2026-11-30T05:00:00,000+0000 S","TX":")" + reason +
            R"(","RV": 13.5, "RI":"1-b:1.8.0","RU":"kWh"}],"LC": {"LU": ")" + std::string(400, 'x') +
            R"("}}|{"SA":"ECDSA-brainpoolP256r1-SHA256","SD":"3045"})";
        if (behaviour_.spoils_records) {
            record.resize(record.size() / 2);
        }
    }

    std::uint16_t state() const { return state_; }
    std::uint16_t memory(std::uint16_t address) const { return word_in(memory_, address); }
    std::string text_at(std::uint16_t address, std::size_t words) const {
        return text_in(memory_, address, words);
    }
    Behaviour& behaviour() { return behaviour_; }

    std::vector<std::pair<std::uint16_t, Words>> writes; // all that arrived
    std::string record;
    int records_made = 0, begun = 0, ended = 0, confirmed = 0;
    bool clock_was_set_while_running = false;
    std::function<void()> on_confirm;

  private:
    using Memory = std::map<std::uint16_t, std::uint16_t>;
    static std::uint16_t word_in(const Memory& memory, std::uint16_t address) {
        const auto found = memory.find(address);
        return found == memory.end() ? std::uint16_t{0} : found->second;
    }
    static std::string text_in(const Memory& memory, std::uint16_t address, std::size_t words) {
        std::string text;
        for (std::size_t i = 0; i < 2 * words; ++i) {
            const unsigned word = word_in(memory, static_cast<std::uint16_t>(address + i / 2));
            const char c = static_cast<char>(i % 2 == 0 ? word >> 8 : word & 0xFF);
            if (c == 0) {
                break;
            }
            text += c;
        }
        return text;
    }

    std::uint16_t word_at(std::uint16_t address) const {
        const std::size_t raw = behaviour_.signature_type == 0 ? 65 : 97;
        const std::size_t der = behaviour_.signature_type == 0 ? 92 : 124;
        if (address == 0x24FF) {
            return behaviour_.signature_type;
        }
        if (address >= 0x2500 && address < 0x2600) {
            return key_word(address - 0x2500U, raw, 0x04, 0x11);
        }
        if (address >= 0x2600 && address < 0x2700) {
            return key_word(address - 0x2600U, der, 0x30, static_cast<unsigned>(der - 2));
        }
        if (address >= 0x0800 && address < 0x0900) {
            return static_cast<std::uint16_t>(address - 0x0800 +
                                              (address < 0x083D ? 0x1000 * (1 + state_) : 0));
        }
        if (address == 0x7100) {
            return shown_;
        }
        if (address == 0x7101) {
            return static_cast<std::uint16_t>(state_ >= 2 ? (record.size() + 1) / 2 : 0);
        }
        if (address == 0x7102) {
            return static_cast<std::uint16_t>(records_made);
        }
        if (address >= 0x7110 && address < 0x7900) {
            const std::size_t at = 2 * (address - std::size_t{0x7110});
            return static_cast<std::uint16_t>(byte_of(at) << 8 | byte_of(at + 1));
        }
        return memory(address);
    }
    unsigned byte_of(std::size_t at) const {
        return at < record.size() ? static_cast<unsigned char>(record[at]) : 0U;
    }
    static std::uint16_t key_word(std::size_t word, std::size_t size, unsigned first, unsigned second) {
        const auto byte = [&](std::size_t at) {
            return at >= size ? 0U : at == 0 ? first : at == 1 ? second : static_cast<unsigned>(at);
        };
        return static_cast<std::uint16_t>(byte(2 * word) << 8 | byte(2 * word + 1));
    }

    bool begin() {
        if (state_ != 0 || beginning_) {
            return false;
        }
        beginning_ = behaviour_.busy;
        pass({});
        return true;
    }
    bool end() {
        if (state_ != 1 || closing_) {
            return false;
        }
        ++ended;
        shown_ = behaviour_.busy_state;
        closing_ = behaviour_.busy;
        pass({});
        return true;
    }
    bool confirm() {
        if (state_ < 2) {
            return false;
        }
        if (on_confirm) {
            on_confirm();
        }
        ++confirmed;
        shown_ = state_ = 0;
        return true;
    }
    Behaviour behaviour_;
    Memory memory_;
    Memory signed_; // as it was at the beginning of the transaction
    std::uint16_t state_ = 0, shown_ = 0;
    std::optional<std::chrono::nanoseconds> beginning_, closing_; // left
};

} // namespace gridbridge
