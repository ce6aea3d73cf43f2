#include "app/recording/recorded_bytes.hpp"
#include "app/verbs/json_lines.hpp"
#include "app/verbs/run.hpp"
#include "drivers/stream/cipher/cipher_frame.hpp"
#include "drivers/stream/d0/d0.hpp"
#include "drivers/stream/obis/obis_map.hpp"
#include "drivers/stream/p1/parity_decoder.hpp"
#include "drivers/stream/recognise/recognise.hpp"
#include "drivers/stream/sml/sml.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <fstream>
#include <iostream>
#include <memory>
#include <optional>
#include <sstream>
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
    DriverKind driver = DriverKind::P1;
    std::string_view name;
    std::unique_ptr<StreamDecoder> decoder;
    std::vector<Telegram> found; // not printed yet
    std::uint64_t printed = 0;
};
using Dialects = std::vector<std::unique_ptr<Dialect>>; // the decoders point to them

Dialects make_dialects(std::string_view wanted, const std::optional<CipherKeys>& keys) {
    Dialects dialects;
    const auto add = [&](DriverKind driver, auto make) {
        const std::string_view name = driver_row(driver).name;
        if (wanted == name || wanted == "auto") {
            auto dialect = std::make_unique<Dialect>();
            dialect->driver = driver;
            dialect->name = name;
            dialect->decoder =
                make([&found = dialect->found](const Telegram& telegram, std::span<const std::uint8_t>) {
                    found.push_back(telegram);
                });
            dialects.push_back(std::move(dialect));
        }
    };
    add(DriverKind::P1, [&](TelegramSink sink) -> std::unique_ptr<StreamDecoder> {
        if (keys) {
            return std::make_unique<CipherDecoder>(std::move(sink), *keys);
        }
        return std::make_unique<ParityDecoder>(std::move(sink));
    });
    add(DriverKind::Sml, [](TelegramSink sink) { return std::make_unique<SmlDecoder>(std::move(sink)); });
    add(DriverKind::D0, [](TelegramSink sink) { return std::make_unique<D0Decoder>(std::move(sink)); });
    return dialects;
}

// What ended with the last piece fed. Of two findings of the same telegram one is printed; where several
// decoders look, what only P1 sends is left to its decoder: that one may have refused it.
void print_found(Dialects& dialects) {
    bool p1_found = false;
    for (const auto& dialect : dialects) {
        if (dialects.size() > 1 && dialect->name == "d0") {
            std::erase_if(dialect->found, has_p1_objects);
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

// Returns the last of it, for what it may be when nothing is decoded.
std::vector<std::uint8_t> feed_all(std::istream& input, Dialects& dialects) {
    std::vector<std::uint8_t> last;
    std::array<char, 4096> chunk{};
    while (input) {
        input.read(chunk.data(), chunk.size());
        const std::vector<std::uint8_t> bytes(chunk.begin(), chunk.begin() + input.gcount());
        last.insert(last.end(), bytes.begin(), bytes.end());
        const std::size_t excess = last.size() - std::min(last.size(), recognised_bytes);
        last.erase(last.begin(), last.begin() + static_cast<std::ptrdiff_t>(excess));
        feed(bytes, dialects);
    }
    for (const auto& dialect : dialects) {
        dialect->decoder->end_of_stream();
    }
    print_found(dialects);
    return last;
}

// What bytes without a telegram look like. Of several dialects the likely one is meant.
void report_nothing(const Dialects& dialects, std::span<const std::uint8_t> bytes,
                    const std::optional<CipherKeys>& keys) {
    const DriverKind likely = likely_driver(bytes);
    const auto is_meant = [&](const auto& dialect) { return dialect->driver == likely; };
    const auto& meant = dialects.size() == 1 ? *dialects.front() : **std::ranges::find_if(dialects, is_meant);
    const StreamFinding finding = recognise(bytes, {meant.driver, keys, meant.decoder->counters().rejected});
    if (finding.kind != StreamKind::Nothing) {
        std::cerr << finding_text(finding, meant.driver)
                  << (finding.kind == StreamKind::Encrypted ? "; here with --key and --auth-key\n" : "\n");
    }
}

void report(const Dialects& dialects) {
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

// Returns an exit code, not 0 after a failure that was said.
int open_file(const std::string& file, std::ifstream& input) {
    errno = 0;
    input.open(file, std::ios::binary);
    if ((!input || input.peek() == std::ifstream::traits_type::eof()) && errno != 0) {
        const int error = errno;
        std::cerr << "gridbridge: " << file << ": " << std::generic_category().message(error) << '\n';
        return error == EACCES ? exit_code::permission : exit_code::io;
    }
    input.clear();
    return exit_code::ok;
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
    std::ifstream opened;
    if (const int problem = file == "-" ? exit_code::ok : open_file(file, opened); problem != exit_code::ok) {
        return problem;
    }
    std::istringstream recorded;
    if (file != "-") {
        try {
            if (auto received = recorded_bytes(file, wanted)) {
                recorded.str(*std::move(received));
                opened.close();
            }
        } catch (const std::exception& error) {
            return fail(exit_code::io, error.what());
        }
    }
    std::istream& read_from = opened.is_open() ? opened : static_cast<std::istream&>(recorded);
    const auto bytes = feed_all(file == "-" ? std::cin : read_from, dialects);
    const bool found =
        std::ranges::any_of(dialects, [](const auto& dialect) { return dialect->printed > 0; });
    if (!found) {
        report_nothing(dialects, bytes, keys);
    }
    report(dialects);
    return found || !options.strict ? exit_code::ok : exit_code::bad_data;
}

} // namespace gridbridge
