#include "drivers/text/link_name.hpp"

#include "drivers/text/text.hpp"

namespace gridbridge {

bool is_link_name(std::string_view host) {
    constexpr std::string_view domain = ".local";
    const std::string name = lower_case(host.ends_with('.') ? host.substr(0, host.size() - 1) : host);
    return name.size() > domain.size() && name.ends_with(domain);
}

} // namespace gridbridge
