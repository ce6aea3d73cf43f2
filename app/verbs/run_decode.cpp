#include "app/verbs/json_lines.hpp"
#include "app/verbs/run.hpp"
#include "drivers/stream/cipher/cipher_frame.hpp"
#include "drivers/stream/d0/d0.hpp"
#include "drivers/stream/obis/obis_map.hpp"
#include "drivers/stream/p1/parity_decoder.hpp"
#include "drivers/stream/sml/sml.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <fstream>
#include <iostream>
#include <memory>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

namespace gridbridge {
namespace {

void print(const Telegram& telegram) {
    std::cout << R"({"obis":)" << telegram_json(telegram) << R"(,"venus":)"
              << venus_json(venus_measurements(to_reading(telegram))) << "}\n";
}

struct Dialect {
    std::string_view name;
    std::unique_ptr<StreamDecoder> decoder;
    std::vector<Telegram> found; // not printed yet
    std::uint64_t printed = 0;
};
using Dialects = std::vector<std::unique_ptr<Dialect>>; // the decoders point to them

Dialects make_dialects(std::string_view wanted, const std::optional<CipherKeys>& keys) {
    Dialects dialects;
    const auto add = [&](std::string_view name, auto make) {
        if (wanted == name || wanted == "auto") {
            auto dialect = std::make_unique<Dialect>();
            dialect->name = name;
            dialect->decoder =
                make([&found = dialect->found](const Telegram& telegram, std::span<const std::uint8_t>) {
                    found.push_back(telegram);
                });
            dialects.push_back(std::move(dialect));
        }
    };
    add("p1", [&](TelegramSink sink) -> std::unique_ptr<StreamDecoder> {
        if (keys) {
            return std::make_unique<CipherDecoder>(std::move(sink), *keys);
        }
        return std::make_unique<ParityDecoder>(std::move(sink));
    });
    add("sml", [](TelegramSink sink) { return std::make_unique<SmlDecoder>(std::move(sink)); });
    add("d0", [](TelegramSink sink) { return std::make_unique<D0Decoder>(std::move(sink)); });
    return dialects;
}

// P1 before version 4 and push meters in ASCII are framed alike, so that both decoders take them. Only P1 has
// objects of its own channel 0-0 or of other media besides the serial number.
bool is_p1(const Telegram& telegram) {
    constexpr std::array marks{Obis{1, 3, 0, 2, 8},   Obis{0, 0, 96, 1, 1}, Obis{0, 0, 96, 14, 0},
                               Obis{0, 0, 96, 13, 0}, Obis{0, 0, 1, 0, 0},  Obis{0, 0, 17, 0, 0}};
    return std::any_of(telegram.objects.begin(), telegram.objects.end(), [&](const ObisObject& object) {
        return std::find(marks.begin(), marks.end(), object.code) != marks.end();
    });
}

// What ended with the last piece fed. Of two findings of the same telegram one is printed; where several
// decoders look, what only P1 sends is left to its decoder: that one may have refused it.
void print_found(Dialects& dialects) {
    bool p1_found = false;
    for (const auto& dialect : dialects) {
        if (dialects.size() > 1 && dialect->name == "d0") {
            std::erase_if(dialect->found, is_p1);
            if (p1_found && !dialect->found.empty()) {
                dialects.front()->found.clear();
            }
        }
        p1_found = p1_found || (dialect->name == "p1" && !dialect->found.empty());
    }
    for (const auto& dialect : dialects) {
        for (const Telegram& telegram : dialect->found) {
            print(telegram);
            ++dialect->printed;
        }
        dialect->found.clear();
    }
}

// Up to the next line end where several decoders look: no two telegrams in text end in such a piece, so that
// they come in stream order.
void feed(std::span<const std::uint8_t> bytes, Dialects& dialects) {
    const auto is_line_end = [](std::uint8_t byte) { return byte == '\r' || byte == '\n'; };
    while (!bytes.empty()) {
        const auto line_end = std::find_if(bytes.begin(), bytes.end(), is_line_end);
        const bool whole = dialects.size() == 1 || line_end == bytes.end();
        const std::size_t size =
            whole ? bytes.size() : static_cast<std::size_t>(line_end - bytes.begin()) + 1;
        for (const auto& dialect : dialects) {
            dialect->decoder->feed(bytes.first(size));
        }
        bytes = bytes.subspan(size);
        print_found(dialects);
    }
}

// Returns true when encrypted telegrams were seen.
bool feed_all(std::istream& input, Dialects& dialects) {
    CipherWatch watch;
    bool encrypted = false;
    std::array<char, 4096> chunk{};
    while (input) {
        input.read(chunk.data(), chunk.size());
        std::array<std::uint8_t, chunk.size()> bytes{};
        const auto count = static_cast<std::size_t>(input.gcount());
        for (std::size_t i = 0; i < count; ++i) {
            bytes.at(i) = static_cast<std::uint8_t>(chunk.at(i));
        }
        encrypted = watch.feed(std::span(bytes).first(count));
        feed(std::span(bytes).first(count), dialects);
    }
    for (const auto& dialect : dialects) {
        dialect->decoder->end_of_stream();
    }
    print_found(dialects);
    return encrypted;
}

void report(const Dialects& dialects, bool needs_key) {
    std::uint64_t telegrams = 0;
    for (const auto& dialect : dialects) {
        telegrams += dialect->printed;
    }
    if (needs_key && telegrams == 0) {
        std::cerr << "the telegrams are encrypted: give the key of the grid operator with --key\n";
    }
    for (const auto& dialect : dialects) {
        const StreamCounters& counters = dialect->decoder->counters();
        if (dialects.size() > 1 && dialect->printed == 0) {
            continue; // auto: the dialect that was not there
        }
        std::cerr << dialect->name << ": " << dialect->printed << " telegram(s), " << counters.skipped_bytes
                  << " byte(s) between telegrams";
        for (std::size_t i = 0; i < rejection_count; ++i) {
            if (counters.rejected.at(i) > 0) {
                std::cerr << ", " << counters.rejected.at(i) << " rejected: " << rejection_names.at(i);
            }
        }
        std::cerr << '\n';
    }
}

// Returns what is wrong with --key and --auth-key, without repeating them.
std::string take_keys(const Options& options, std::optional<CipherKeys>& keys) {
    if (options.key.empty()) {
        return options.auth_key.empty() ? "" : "--auth-key needs --key";
    }
    const auto key = parse_cipher_key(options.key);
    const auto auth_key = parse_cipher_key(options.auth_key);
    if (!key || (!auth_key && !options.auth_key.empty())) {
        return std::string(key ? "--auth-key" : "--key") + " must be 32 hexadecimal digits";
    }
    keys = CipherKeys{*key, auth_key};
    return {};
}

} // namespace

int run_decode(const Options& options) {
    std::optional<CipherKeys> keys;
    if (const std::string problem = take_keys(options, keys); !problem.empty()) {
        std::cerr << "gridbridge: " << problem << '\n';
        return exit_code::usage;
    }
    const std::string_view wanted = options.arguments.empty() ? "" : std::string_view(options.arguments[0]);
    Dialects dialects = make_dialects(wanted, keys);
    if (dialects.empty() || options.arguments.size() > 2) {
        std::cerr << "gridbridge: decode needs a dialect and at most one file: gridbridge decode "
                     "p1|sml|d0|auto [FILE|-]\n";
        return exit_code::usage;
    }
    const std::string file = options.arguments.size() > 1 ? options.arguments[1] : "-";
    if (file == "-") {
        report(dialects, feed_all(std::cin, dialects) && !keys);
    } else {
        errno = 0;
        std::ifstream input(file, std::ios::binary);
        if (!input || input.peek() == std::ifstream::traits_type::eof()) {
            if (errno != 0) {
                const int error = errno;
                std::cerr << "gridbridge: " << file << ": " << std::generic_category().message(error) << '\n';
                return error == EACCES ? exit_code::permission : exit_code::io;
            }
        }
        input.clear();
        report(dialects, feed_all(input, dialects) && !keys);
    }
    return exit_code::ok;
}

} // namespace gridbridge
