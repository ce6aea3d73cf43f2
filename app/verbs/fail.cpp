#include "app/verbs/run.hpp"

#include <iostream>

namespace gridbridge {

int fail(int code, const std::string& text) {
    std::cerr << "error: " << text << '\n';
    return code;
}

} // namespace gridbridge
