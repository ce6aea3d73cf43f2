// What the set-up page is shown. Pure.
#pragma once

#include "app/config/added_meters.hpp"

#include <span>
#include <string>
#include <vector>

namespace gridbridge {

struct SetUpView {
    Config main; // without the added meters
    std::vector<AddedFile> files;
    std::vector<std::string> free_ports;
    std::vector<std::string> networks;
    std::string why_fixed; // why nothing can be kept; empty: it can
};

// `{"added": [...], "problems": [...], "configured": [...], "ports": [...], "networks": [...]}`; never a
// secret.
std::string set_up_json(const SetUpView& view);

} // namespace gridbridge
