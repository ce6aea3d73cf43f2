// Time from the bytes of a telegram to a Reading, frame and checksum included.
#include "app/simulate/p1_telegram.hpp"
#include "app/simulate/sml_telegram.hpp"
#include "drivers/stream/obis/obis_map.hpp"
#include "drivers/stream/p1/p1.hpp"
#include "drivers/stream/sml/sml.hpp"
#include "drivers/text/crc16.hpp"

#include <benchmark/benchmark.h>

#ifdef HAVE_LIBSML
#include <sml/sml_file.h>
#include <sml/sml_transport.h>
#endif

#include <array>
#include <cstdio>
#include <map>
#include <stdexcept>
#include <string>

#include <sys/mman.h>
#include <unistd.h>

namespace gridbridge {
namespace {

constexpr double some_second = 4711;

// A DSMR 5 telegram of 890 bytes: that of the simulator with a text message that fills it up.
std::vector<std::uint8_t> p1_bytes() {
    constexpr std::size_t wanted = 890;
    constexpr std::size_t end = sizeof "!ABCD\r\n" - 1;
    std::string text = p1_telegram(simulate_values(some_second));
    text.resize(text.size() - end);
    const std::string_view head = "0-0:96.13.0(";
    constexpr std::string_view tail = ")\r\n";
    text += head;
    text += std::string(wanted - end - tail.size() - text.size(), '3') + std::string(tail) + "!";
    const std::vector<std::uint8_t> covered(text.begin(), text.end());
    std::array<char, 8> checksum{};
    std::snprintf(checksum.data(), checksum.size(), "%04X\r\n", unsigned{crc16_arc(covered)});
    text += checksum.data();
    return {text.begin(), text.end()};
}

template <typename Decoder>
void decode(benchmark::State& state, const std::vector<std::uint8_t>& bytes) {
    Reading reading;
    Decoder decoder([&](const Telegram& telegram, auto) { reading = to_reading(telegram); });
    for ([[maybe_unused]] auto _ : state) {
        decoder.feed(bytes);
        benchmark::DoNotOptimize(reading);
    }
    if (!reading.has(Quantity::Power)) {
        throw std::logic_error("nothing was decoded");
    }
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(bytes.size()));
    state.counters["bytes"] = static_cast<double>(bytes.size());
}

void p1(benchmark::State& state) {
    decode<P1Decoder>(state, p1_bytes());
}
BENCHMARK(p1);

void sml(benchmark::State& state) {
    decode<SmlDecoder>(state, sml_telegram(simulate_values(some_second)));
}
BENCHMARK(sml);

#ifdef HAVE_LIBSML
// Without frame, checksum and reading: it starts where the frame has been taken off.
void libsml_parse_only(benchmark::State& state) {
    constexpr std::size_t escape = 8;
    const std::vector<std::uint8_t> frame = sml_telegram(simulate_values(some_second));
    std::vector<std::uint8_t> payload(frame.begin() + escape, frame.end() - escape);
    for ([[maybe_unused]] auto _ : state) {
        sml_file* const file = sml_file_parse(payload.data(), payload.size());
        benchmark::DoNotOptimize(file);
        sml_file_free(file);
    }
    state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(frame.size()));
    state.counters["bytes"] = static_cast<double>(frame.size());
}
BENCHMARK(libsml_parse_only);

// With the frame and its own reader of it, from a file in memory.
void libsml_with_transport(benchmark::State& state) {
    constexpr std::size_t escape = 8;
    const std::vector<std::uint8_t> frame = sml_telegram(simulate_values(some_second));
    const int file_descriptor = ::memfd_create("telegram", 0);
    if (::write(file_descriptor, frame.data(), frame.size()) != std::ssize(frame)) {
        throw std::logic_error("no file in memory");
    }
    std::array<unsigned char, 4096> buffer{};
    for ([[maybe_unused]] auto _ : state) {
        ::lseek(file_descriptor, 0, SEEK_SET);
        const std::size_t size = sml_transport_read(file_descriptor, buffer.data(), buffer.size());
        sml_file* const file = sml_file_parse(buffer.data() + escape, size - 2 * escape);
        benchmark::DoNotOptimize(file);
        sml_file_free(file);
    }
    ::close(file_descriptor);
    state.counters["bytes"] = static_cast<double>(frame.size());
}
BENCHMARK(libsml_with_transport);
#endif

// The usual table, and what took how much of the time of libsml in the same run.
class Ratios : public benchmark::ConsoleReporter {
  public:
    void ReportRuns(const std::vector<Run>& runs) override {
        ConsoleReporter::ReportRuns(runs);
        for (const Run& run : runs) {
            times_[run.benchmark_name()] = run.GetAdjustedCPUTime();
        }
    }
    void print() const {
        for (const auto& [name, time] : times_) {
            if (name.starts_with("libsml") && times_.count("sml") != 0) {
                std::printf("sml / %s = %.2f\n", name.c_str(), times_.at("sml") / time);
            }
        }
    }

  private:
    std::map<std::string, double> times_;
};

} // namespace
} // namespace gridbridge

int main(int argc, char** argv) {
    benchmark::Initialize(&argc, argv);
    gridbridge::Ratios ratios;
    benchmark::RunSpecifiedBenchmarks(&ratios);
    ratios.print();
}
