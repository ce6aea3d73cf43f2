#include "drivers/text/json_bounds.hpp"

namespace gridbridge {
namespace {

// The place of the quotation mark that ends the string whose first one is at `at`, or the end.
std::size_t end_of_string(std::string_view json, std::size_t at) {
    for (++at; at < json.size() && json[at] != '"'; ++at) {
        if (json[at] == '\\') {
            ++at;
        }
    }
    return at;
}

} // namespace

bool is_within(std::string_view json, const JsonBounds& bounds) {
    if (json.size() > bounds.bytes) {
        return false;
    }
    std::size_t depth = 0;
    std::size_t values = 1;
    for (std::size_t at = 0; at < json.size(); ++at) {
        switch (json[at]) {
        case '"':
            at = end_of_string(json, at);
            break;
        case '[':
        case '{':
            ++depth;
            ++values;
            break;
        case ']':
        case '}':
            depth -= depth > 0 ? 1 : 0;
            break;
        case ',':
            ++values;
            break;
        default:
            break;
        }
        if (depth > bounds.depth || values > bounds.values) {
            return false;
        }
    }
    return true;
}

} // namespace gridbridge
