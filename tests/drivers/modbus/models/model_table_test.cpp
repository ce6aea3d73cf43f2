#include "drivers/meter/driver_table.hpp"
#include "drivers/modbus/models/carlo_gavazzi.hpp"

#include <gtest/gtest.h>

namespace gridbridge {
namespace {

TEST(ModelTable, CodesFindTheirMap) {
    for (std::uint16_t code = 71; code <= 73; ++code) {
        EXPECT_EQ(find_code(code)->model, &em24_rtu);
    }
    for (std::uint16_t code = 1648; code <= 1653; ++code) {
        EXPECT_EQ(find_code(code)->model, &em24_ethernet);
    }
    for (const int code : {1744, 1745, 1746, 1747, 1760, 1761, 1762, 1763}) {
        EXPECT_EQ(find_code(static_cast<std::uint16_t>(code))->model, &em500);
    }
    for (const int code : {100, 101, 102, 103, 104, 110, 114, 120, 121}) {
        EXPECT_EQ(find_code(static_cast<std::uint16_t>(code))->model, &em100);
    }
    for (const int code : {331, 332, 335, 336, 341, 345, 346}) {
        EXPECT_EQ(find_code(static_cast<std::uint16_t>(code))->model, &em300);
    }
    for (const int code : {338, 348}) {
        EXPECT_EQ(find_code(static_cast<std::uint16_t>(code))->model, &em300_s27);
    }
    for (const int code : {341, 346}) {
        EXPECT_EQ(find_code(static_cast<std::uint16_t>(code))->with_year, &em340_in_wh);
    }
    EXPECT_EQ(find_code(331)->with_year, nullptr) << "no source for its registers in Wh";
    EXPECT_EQ(find_code(1748), nullptr);
    EXPECT_EQ(find_code(0), nullptr);
}

TEST(ModelTable, WarningsOfVariants) {
    EXPECT_TRUE(find_code(1760)->note.empty());
    EXPECT_NE(find_code(1761)->note.find("PFA"), std::string_view::npos);
    EXPECT_NE(find_code(1762)->note.find("PFB"), std::string_view::npos);
}

TEST(ModelTable, RefusalsNameCodeModelAndReason) {
    EXPECT_EQ(refusal_of(340),
              "identification code 340 (EM340 AV2) is not supported: engineering sample that "
              "sends the high word first");
    EXPECT_NE(refusal_of(9999).find("9999"), std::string::npos);
}

TEST(ModelTable, RefusedCodesNameWhatTheyAre) {
    for (const int code : {45, 46, 47, 48, 57, 58, 111, 112, 270, 273, 280, 283, 330, 340, 355, 1956, 2096}) {
        const IdentificationRow* row = find_code(static_cast<std::uint16_t>(code));
        ASSERT_NE(row, nullptr) << code;
        EXPECT_EQ(row->model, nullptr) << code;
        const std::string text = refusal_of(static_cast<std::uint16_t>(code));
        EXPECT_NE(text.find(std::to_string(code)), std::string::npos) << text;
        EXPECT_NE(text.find(row->name), std::string::npos) << text;
        EXPECT_NE(text.find(row->note), std::string::npos) << text;
    }
    for (const int code : {105, 109, 113, 115, 119, 333, 334, 337, 339, 342, 344, 1743, 1759, 1764}) {
        EXPECT_EQ(find_code(static_cast<std::uint16_t>(code)), nullptr) << code;
    }
}

TEST(ModelTable, PfaVariantsAreMarked) {
    for (const IdentificationRow& row : carlo_gavazzi_codes()) {
        EXPECT_EQ(row.import_only, row.name.find("PFA") != std::string_view::npos) << row.first;
    }
}

TEST(ModelTable, EveryRefusedCodeHasAReason) {
    for (const IdentificationRow& row : carlo_gavazzi_codes()) {
        EXPECT_TRUE(row.model != nullptr || !row.note.empty()) << row.first;
    }
}

TEST(ModelTable, ModelsAreFoundByTheirOption) {
    EXPECT_EQ(find_model("em24"), &em24_rtu);
    EXPECT_EQ(find_model("em24_ethernet"), &em24_ethernet);
    EXPECT_EQ(find_model("em540"), &em500);
    EXPECT_EQ(find_model("et112"), &em100);
    EXPECT_EQ(find_model("et340"), &em300);
    EXPECT_EQ(find_model("em340_s27"), &em300_s27);
    EXPECT_EQ(find_model("em580"), &em580);
    EXPECT_EQ(find_model("em999"), nullptr);
    EXPECT_EQ(carlo_gavazzi_models().size(), model_names.size());
    for (const std::string_view name : model_names) {
        EXPECT_NE(find_model(name), nullptr) << name << " is accepted in a configuration";
    }
}

} // namespace
} // namespace gridbridge
