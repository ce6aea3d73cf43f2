#include "app/json_lines.hpp"
#include "app/run.hpp"
#include "drivers/stream/cipher_frame.hpp"
#include "drivers/stream/obis_map.hpp"
#include "drivers/stream/p1.hpp"
#include "drivers/stream/sml.hpp"
#include "drivers/text.hpp"

#include <array>
#include <cerrno>
#include <fstream>
#include <iostream>
#include <memory>
#include <optional>
#include <system_error>
#include <utility>

namespace gridbridge {
namespace {

constexpr std::array<std::pair<Rejection, std::string_view>, rejection_count> reasons{
    {{Rejection::BadChecksum, "bad checksum"},
     {Rejection::Truncated, "cut off"},
     {Rejection::TooLong, "too long"},
     {Rejection::Malformed, "malformed"},
     {Rejection::NoChecksum, "no checksum"},
     {Rejection::Undeciphered, "not deciphered, is the key right?"}}};

void print(const Telegram& telegram) {
    std::cout << R"({"obis":)" << telegram_json(telegram) << R"(,"venus":)"
              << venus_json(venus_measurements(to_reading(telegram))) << "}\n";
}

struct Dialect {
    std::string_view name;
    std::unique_ptr<StreamDecoder> decoder;
};

std::vector<Dialect> make_dialects(std::string_view wanted, const std::optional<CipherKeys>& keys) {
    const TelegramSink sink = [](const Telegram& telegram, std::span<const std::uint8_t>) {
        print(telegram);
    };
    std::vector<Dialect> dialects;
    if (wanted == "p1" || wanted == "auto") {
        dialects.push_back({"p1", std::make_unique<P1Decoder>(sink)});
    }
    if (keys && !dialects.empty()) {
        dialects.front().decoder = std::make_unique<CipherDecoder>(sink, *keys);
    }
    if (wanted == "sml" || wanted == "auto") {
        dialects.push_back({"sml", std::make_unique<SmlDecoder>(sink)});
    }
    return dialects;
}

// Returns true when encrypted telegrams were seen.
bool feed_all(std::istream& input, std::vector<Dialect>& dialects) {
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
        for (Dialect& dialect : dialects) {
            dialect.decoder->feed(std::span(bytes).first(count));
        }
    }
    for (Dialect& dialect : dialects) {
        dialect.decoder->end_of_stream();
    }
    return encrypted;
}

void report(const std::vector<Dialect>& dialects, bool needs_key) {
    std::uint64_t telegrams = 0;
    for (const Dialect& dialect : dialects) {
        telegrams += dialect.decoder->counters().telegrams;
    }
    if (needs_key && telegrams == 0) {
        std::cerr << "the telegrams are encrypted: give the key of the grid operator with --key\n";
    }
    for (const Dialect& dialect : dialects) {
        const StreamCounters& counters = dialect.decoder->counters();
        if (dialects.size() > 1 && counters.telegrams == 0) {
            continue; // auto: the dialect that was not there
        }
        std::cerr << dialect.name << ": " << counters.telegrams << " telegram(s), " << counters.skipped_bytes
                  << " byte(s) between telegrams";
        for (const auto& [reason, text] : reasons) {
            if (const auto count = counters.rejected.at(static_cast<std::size_t>(reason)); count > 0) {
                std::cerr << ", " << count << " rejected: " << text;
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
    std::vector<Dialect> dialects = make_dialects(wanted, keys);
    if (dialects.empty() || options.arguments.size() > 2) {
        std::cerr << "gridbridge: decode p1|sml|auto [FILE|-]\n";
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
