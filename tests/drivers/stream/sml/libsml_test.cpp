// Our numbers against those of libsml, for captures of real meters.
#include "app/simulate/sml_telegram.hpp"
#include "tests/drivers/stream/support.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpedantic"
#include <sml/sml_file.h>
#include <sml/sml_get_list_response.h>
#include <sml/sml_value.h>
#pragma GCC diagnostic pop

namespace gridbridge::test {
namespace {

bool is_integer(const sml_value& value) {
    return (value.type & SML_TYPE_FIELD) >= SML_TYPE_INTEGER;
}

// libsml knows another, smaller repair of DZG power values.
bool is_repaired(Obis code) {
    return code.d == 7 && (code.c == 16 || code.c == 36 || code.c == 56 || code.c == 76);
}

std::size_t compare_list(const sml_list* entry, const Telegram& telegram) {
    std::size_t compared = 0;
    for (; entry != nullptr; entry = entry->next) {
        if (entry->obj_name == nullptr || entry->obj_name->len != 6 || entry->value == nullptr ||
            !is_integer(*entry->value)) {
            continue;
        }
        const unsigned char* const name = entry->obj_name->str;
        const Obis code{name[0], name[1], name[2], name[3], name[4], name[5]};
        const double theirs =
            sml_value_to_double(entry->value) * std::pow(10, entry->scaler != nullptr ? *entry->scaler : 0);
        const ObisObject* const ours = find(telegram, to_text(code));
        if (ours == nullptr || !ours->number) {
            ADD_FAILURE() << to_text(code) << " is missing";
        } else if (!is_repaired(code) || ours->encoded_bytes > 3) {
            EXPECT_NEAR(*ours->number, theirs, std::abs(theirs) * 1e-12) << to_text(code);
            ++compared;
        }
    }
    return compared;
}

std::size_t compare_frame(const Bytes& frame, const Telegram& telegram) {
    Bytes payload(frame.begin() + 8, frame.end() - 8);
    sml_file* const file = sml_file_parse(payload.data(), payload.size());
    std::size_t compared = 0;
    for (int i = 0; i < file->messages_len; ++i) {
        const sml_message_body* const body = file->messages[i]->message_body;
        if (*body->tag == SML_MESSAGE_GET_LIST_RESPONSE) {
            compared += compare_list(static_cast<sml_get_list_response*>(body->data)->val_list, telegram);
        }
    }
    sml_file_free(file);
    return compared;
}

TEST(Libsml, AgreesWithOurEncoder) {
    const Bytes frame = sml_telegram(simulate_values(77));
    const Decoded decoded = decode_whole(make_sml, frame);
    ASSERT_EQ(decoded.telegrams.size(), 1U);
    EXPECT_EQ(compare_frame(frame, decoded.telegrams[0]), 13U);
}

TEST(Libsml, AgreesOnCaptures) {
    const char* const place = std::getenv("GRIDBRIDGE_CORPUS"); // NOLINT(concurrency-mt-unsafe)
    const auto folder = std::filesystem::path(place != nullptr ? place : GRIDBRIDGE_DEFAULT_CORPUS) / "sml";
    if (!std::filesystem::is_directory(folder)) {
        GTEST_SKIP() << "NO CORPUS at " << folder << ": set GRIDBRIDGE_CORPUS";
    }
    std::size_t compared = 0;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        const std::string name = entry.path().filename().string();
        const bool bare_times = name.starts_with("HOLLEY"); // libsml gives up there and leaks
        if (bare_times || entry.path().extension() != ".bin" || name.starts_with("hostile-") ||
            name.starts_with("crafted-")) {
            continue;
        }
        SCOPED_TRACE(name);
        const Decoded decoded = decode_whole(make_sml, read_bytes(entry.path()));
        for (std::size_t i = 0; i < decoded.telegrams.size(); ++i) {
            compared += compare_frame(decoded.raw[i], decoded.telegrams[i]);
        }
    }
    EXPECT_GT(compared, 400U);
    GTEST_LOG_(INFO) << compared << " values compared";
}

} // namespace
} // namespace gridbridge::test
