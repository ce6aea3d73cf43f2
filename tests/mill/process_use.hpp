// What a process has, as the kernel counts it: neither may grow.
#pragma once

#include <string>

namespace gridbridge::mill {

struct Use {
    long kilobytes = 0; // of its own
    long descriptors = 0;
};

Use use_of(int pid);
std::string to_text(const Use& use);
// By more than allocators and connections that are being made take.
bool has_grown(const Use& before, const Use& now);

} // namespace gridbridge::mill
