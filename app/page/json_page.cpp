#include "app/page/json_page.hpp"

#include "mqtt/outlet/payload.hpp"

namespace gridbridge {
namespace {

constexpr const char* json_type = "application/json";

} // namespace

StatusPage json_page(std::string body) {
    return {200, json_type, std::move(body)};
}

StatusPage failure(int code, std::string_view reason, std::string headers) {
    return {code, json_type, R"({"error":)" + json_text(reason) + "}\n", std::move(headers)};
}

} // namespace gridbridge
