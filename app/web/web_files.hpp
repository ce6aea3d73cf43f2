// The files of the page, in the program.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace gridbridge {

struct WebFile {
    std::string_view path; // "/app.js"
    std::string_view type; // MIME
    std::string tag;       // changes with the bytes
    std::string_view bytes;
};

// Nothing: there is no such file.
std::optional<WebFile> find_web_file(std::string_view path);

} // namespace gridbridge
