#include "app/json_lines.hpp"
#include "app/run.hpp"
#include "drivers/stream/obis_map.hpp"
#include "drivers/stream/p1.hpp"
#include "drivers/stream/sml.hpp"
#include "drivers/text.hpp"

#include <array>
#include <cerrno>
#include <fstream>
#include <iostream>
#include <memory>
#include <system_error>
#include <utility>

namespace gridbridge {
namespace {

void print(const Telegram& telegram) {
    std::cout << R"({"obis":)" << telegram_json(telegram) << R"(,"venus":)"
              << venus_json(venus_measurements(to_reading(telegram))) << "}\n";
}

struct Dialect {
    std::string_view name;
    std::unique_ptr<StreamDecoder> decoder;
};

std::vector<Dialect> make_dialects(std::string_view wanted) {
    const TelegramSink sink = [](const Telegram& telegram, std::span<const std::uint8_t>) {
        print(telegram);
    };
    std::vector<Dialect> dialects;
    if (wanted == "p1" || wanted == "auto") {
        dialects.push_back({"p1", std::make_unique<P1Decoder>(sink)});
    }
    if (wanted == "sml" || wanted == "auto") {
        dialects.push_back({"sml", std::make_unique<SmlDecoder>(sink)});
    }
    return dialects;
}

void feed_all(std::istream& input, std::vector<Dialect>& dialects) {
    std::array<char, 4096> chunk{};
    while (input) {
        input.read(chunk.data(), chunk.size());
        std::array<std::uint8_t, chunk.size()> bytes{};
        const auto count = static_cast<std::size_t>(input.gcount());
        for (std::size_t i = 0; i < count; ++i) {
            bytes.at(i) = static_cast<std::uint8_t>(chunk.at(i));
        }
        for (Dialect& dialect : dialects) {
            dialect.decoder->feed(std::span(bytes).first(count));
        }
    }
    for (Dialect& dialect : dialects) {
        dialect.decoder->reset();
    }
}

void report(const std::vector<Dialect>& dialects) {
    for (const Dialect& dialect : dialects) {
        const StreamCounters& counters = dialect.decoder->counters();
        if (dialects.size() > 1 && counters.telegrams == 0) {
            continue; // auto: the dialect that was not there
        }
        std::cerr << dialect.name << ": " << counters.telegrams << " telegram(s), " << counters.skipped_bytes
                  << " byte(s) between telegrams";
        for (std::size_t i = 0; i < rejection_count; ++i) {
            if (counters.rejected.at(i) > 0) {
                std::cerr << ", " << counters.rejected.at(i) << " rejected: " << rejection_names.at(i);
            }
        }
        std::cerr << '\n';
    }
}

} // namespace

int run_decode(const Options& options) {
    if (!options.key.empty() || !options.auth_key.empty()) {
        std::cerr << "gridbridge: this version does not decrypt telegrams\n";
        return exit_code::usage;
    }
    const std::string_view wanted = options.arguments.empty() ? "" : std::string_view(options.arguments[0]);
    std::vector<Dialect> dialects = make_dialects(wanted);
    if (dialects.empty() || options.arguments.size() > 2) {
        std::cerr << "gridbridge: decode p1|sml|auto [FILE|-]\n";
        return exit_code::usage;
    }
    const std::string file = options.arguments.size() > 1 ? options.arguments[1] : "-";
    if (file == "-") {
        feed_all(std::cin, dialects);
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
        feed_all(input, dialects);
    }
    report(dialects);
    return exit_code::ok;
}

} // namespace gridbridge
