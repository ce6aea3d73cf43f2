// What services read of each other's `gridbridge/<portal>/info`.
#pragma once

#include <optional>
#include <string>

namespace gridbridge {

// The service id of an `info`, bounded before it is parsed; nothing: it is no such message, or of a program
// that had none.
std::optional<std::string> service_id_of(const std::string& info);

} // namespace gridbridge
