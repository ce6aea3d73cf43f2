#include "app/service/process_memory.hpp"

#include <gtest/gtest.h>

namespace gridbridge {
namespace {

TEST(ProcessMemory, LimitsThreadCachesOnceAndBesideWhatWasSet) {
    const std::string ours = tunables_with_limit("");
    EXPECT_EQ(ours, "glibc.malloc.tcache_max=256");
    EXPECT_EQ(tunables_with_limit("glibc.malloc.check=3"), "glibc.malloc.check=3:" + ours);
    EXPECT_EQ(tunables_with_limit(ours), "") << "else the program would start again for ever";
    EXPECT_EQ(tunables_with_limit("glibc.malloc.tcache_count=0"), "") << "the user's choice";
}

} // namespace
} // namespace gridbridge
