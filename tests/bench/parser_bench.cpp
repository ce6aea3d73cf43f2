// Time from the bytes of a telegram to a Reading, frame and checksum included.
#include "app/simulate/p1_telegram.hpp"
#include "app/simulate/sml_telegram.hpp"
#include "drivers/stream/obis_map.hpp"
#include "drivers/stream/p1.hpp"
#include "drivers/stream/sml.hpp"

#include <benchmark/benchmark.h>

#ifdef HAVE_LIBSML
#include <sml_file.h>
#endif

#include <stdexcept>

namespace gridbridge {
namespace {

constexpr double some_second = 4711;

std::vector<std::uint8_t> p1_bytes() {
    const std::string text = p1_telegram(simulate_values(some_second));
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
#endif

} // namespace
} // namespace gridbridge

BENCHMARK_MAIN();
