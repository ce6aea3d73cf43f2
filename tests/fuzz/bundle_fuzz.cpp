// Any bytes as records: no crash, and what comes out is as large as what went in.
#include "app/bundle/anonymous_recording.hpp"
#include "app/bundle/deciphered.hpp"
#include "app/bundle/text_secrets.hpp"

#include <algorithm>
#include <cstdlib>

namespace {

using namespace gridbridge;

void require(bool condition) {
    if (!condition) {
        std::abort();
    }
}

std::string text_of(std::span<const std::uint8_t> bytes) {
    return {bytes.begin(), bytes.end()};
}

// Each record begins with its kind and connection, and its size. The first byte of all tells dialects.
Recording recording_of(std::span<const std::uint8_t> bytes) {
    Recording recording;
    const unsigned first = bytes.empty() ? 0 : bytes[0];
    for (unsigned number = 1; number <= 2; ++number) {
        const unsigned choice = first >> (4 * (number - 1));
        recording.connections[number] = {number, "p1+tcp://a.local:1", static_cast<WireKind>(choice % 4 % 3),
                                         static_cast<WireDialect>(choice / 4 % 4),
                                         choice % 2 != 0 ? "em580" : ""};
    }
    for (std::size_t at = 1; at + 2 <= bytes.size();) {
        Record record;
        record.kind = static_cast<Record::Kind>(bytes[at] % 11);
        record.connection = bytes[at] / 11U % 4;
        const std::size_t size = std::min<std::size_t>(bytes[at + 1], bytes.size() - at - 2);
        const auto content = bytes.subspan(at + 2, size);
        if (record.kind != Record::Kind::Received && record.kind != Record::Kind::Sent) {
            record.text = text_of(content);
        }
        record.bytes.assign(content.begin(), content.end());
        recording.records.push_back(std::move(record));
        at += 2 + size;
    }
    return recording;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::span<const std::uint8_t> bytes(data, size);
    const Recording before = deciphered(recording_of(bytes), {});
    SecretList found;
    find_in_recording(before, found);
    find_in_text(text_of(bytes), found);
    BundleKey key{};
    key.fill(9);
    std::vector<Replacement> replacements = replacements_for(found, key);
    follow_uris(before, replacements);
    for (const Replacement& replacement : replacements) {
        require(replacement.text.size() == replacement.original.size());
    }
    const Patterns patterns(replacements);
    const Recording after = anonymous_recording(before, patterns);
    require(after.records.size() == before.records.size());
    for (std::size_t i = 0; i < after.records.size(); ++i) {
        const Record& was = before.records[i];
        const Record& is = after.records[i];
        require(was.kind == is.kind && was.connection == is.connection && was.at == is.at);
        require(was.bytes.size() == is.bytes.size() && was.text.size() == is.text.size());
    }
    require(patterns.in_text(text_of(bytes)).size() == size);
    return 0;
}
