#include "app/web/web_files.hpp"

#include "drivers/text/fnv.hpp"

#include <algorithm>
#include <array>
#include <string>

// Of web_files.S.
extern "C" {
extern const char gb_web_page[], gb_web_page_end[];                   // NOLINT(modernize-avoid-c-arrays)
extern const char gb_web_style[], gb_web_style_end[];                 // NOLINT(modernize-avoid-c-arrays)
extern const char gb_web_app[], gb_web_app_end[];                     // NOLINT(modernize-avoid-c-arrays)
extern const char gb_web_health[], gb_web_health_end[];               // NOLINT(modernize-avoid-c-arrays)
extern const char gb_web_curves[], gb_web_curves_end[];               // NOLINT(modernize-avoid-c-arrays)
extern const char gb_web_setup[], gb_web_setup_end[];                 // NOLINT(modernize-avoid-c-arrays)
extern const char gb_web_icon[], gb_web_icon_end[];                   // NOLINT(modernize-avoid-c-arrays)
extern const char gb_web_dygraph[], gb_web_dygraph_end[];             // NOLINT(modernize-avoid-c-arrays)
extern const char gb_web_dygraph_style[], gb_web_dygraph_style_end[]; // NOLINT(modernize-avoid-c-arrays)
}

namespace gridbridge {
namespace {

constexpr std::string_view html = "text/html; charset=utf-8";
constexpr std::string_view css = "text/css; charset=utf-8";
constexpr std::string_view javascript = "text/javascript; charset=utf-8";

struct Embedded {
    std::string_view path;
    std::string_view type;
    const char* begin;
    const char* end;
};

const std::array<Embedded, 9> embedded{{
    {"/", html, gb_web_page, gb_web_page_end},
    {"/style.css", css, gb_web_style, gb_web_style_end},
    {"/app.js", javascript, gb_web_app, gb_web_app_end},
    {"/health.js", javascript, gb_web_health, gb_web_health_end},
    {"/curves.js", javascript, gb_web_curves, gb_web_curves_end},
    {"/setup.js", javascript, gb_web_setup, gb_web_setup_end},
    {"/icon.svg", "image/svg+xml", gb_web_icon, gb_web_icon_end},
    {"/dygraph.min.js", javascript, gb_web_dygraph, gb_web_dygraph_end},
    {"/dygraph.min.css", css, gb_web_dygraph_style, gb_web_dygraph_style_end},
}};

} // namespace

std::optional<WebFile> find_web_file(std::string_view path) {
    const auto* const found = std::find_if(embedded.begin(), embedded.end(),
                                           [&](const Embedded& file) { return file.path == path; });
    if (found == embedded.end()) {
        return std::nullopt;
    }
    const std::string_view bytes(found->begin, static_cast<std::size_t>(found->end - found->begin));
    return WebFile{found->path, found->type, fnv1a_hex(bytes), bytes};
}

} // namespace gridbridge
