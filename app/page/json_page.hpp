// Answers of the API. Pure.
#pragma once

#include "app/servers/http_answers.hpp"

#include <string>
#include <string_view>

namespace gridbridge {

StatusPage json_page(std::string body);
// `{"error": reason}`
StatusPage failure(int code, std::string_view reason, std::string headers = {});

} // namespace gridbridge
