// Any bytes as a stream without telegrams: no crash, a text of one bounded line, and the watch says each
// thing once. The first byte chooses the driver and the keys.
#include "drivers/stream/byte_watch.hpp"
#include "tests/fuzz/check_telegram.hpp"

#include <array>
#include <string>

namespace {

using namespace gridbridge;

constexpr std::array drivers{DriverKind::P1, DriverKind::Sml, DriverKind::D0};

ReadAs read_as(unsigned choice) {
    ReadAs read{drivers.at(choice % drivers.size()), std::nullopt, {}};
    if (choice % 2 == 0) {
        read.keys = CipherKeys{*parse_cipher_key("000102030405060708090a0b0c0d0e0f"), std::nullopt};
    }
    read.rejected.fill(choice / 6 % 4);
    return read;
}

void check_finding(std::span<const std::uint8_t> bytes, const ReadAs& read) {
    constexpr std::size_t longest = 400;
    const StreamFinding finding = recognise(bytes, read);
    const std::string text = finding_text(finding, read.driver);
    fuzz::require(text.size() < longest, "a long text\n");
    fuzz::require(text.find('\n') == std::string::npos, "more than one line\n");
    fuzz::require(text.empty() == (finding.kind == StreamKind::Nothing), "a text without a kind\n");
    fuzz::require(finding == recognise(bytes, read), "not the same twice\n");
    static_cast<void>(likely_driver(bytes));
}

// In pieces on a clock that goes on with them.
void watch(std::span<const std::uint8_t> bytes, DriverKind driver) {
    MeterConfig meter;
    meter.driver = driver;
    ByteWatch watch(meter);
    const StreamCounters counters;
    Clock::time_point now{};
    int said = 0;
    while (!bytes.empty()) {
        const std::size_t size = std::min<std::size_t>(bytes[0] + 1U, bytes.size());
        now += std::chrono::milliseconds(bytes[0] * 10);
        watch.received(bytes.first(size), now);
        said += watch.look({counters}, now) ? 1 : 0;
        fuzz::require(watch.deadline() > now, "to look at once again\n");
        bytes = bytes.subspan(size);
    }
    fuzz::require(said <= 2, "said more than a guess and a proof\n");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) {
        return 0;
    }
    const ReadAs read = read_as(*data);
    const auto bytes = std::span(data, size).subspan(1);
    check_finding(bytes.last(std::min(bytes.size(), recognised_bytes)), read);
    watch(bytes, read.driver);
    return 0;
}
