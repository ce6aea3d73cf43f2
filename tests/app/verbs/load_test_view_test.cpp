#include "app/verbs/load_test_view.hpp"

#include <gtest/gtest.h>

namespace gridbridge {
namespace {

TEST(LoadTestView, EachLineIsSaidOnce) {
    LoadTestView view;
    EXPECT_EQ(view.news({"switch_on", "Switch it on.", {}}), "Switch it on.\n");
    EXPECT_EQ(view.news({"switch_on", "Switch it on.", {}}), "");
    EXPECT_EQ(view.news({"switch_off", "Switch it off.", {"L1: +2000 W: right"}}),
              "  L1: +2000 W: right\nSwitch it off.\n");
    EXPECT_EQ(view.news({"switch_off", "Switch it off.", {"L1: +1990 W: right"}}),
              "  L1: +1990 W: right\nSwitch it off.\n")
        << "the first was taken back, and the load is still on";
}

} // namespace
} // namespace gridbridge
