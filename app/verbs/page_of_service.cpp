#include "app/verbs/page_of_service.hpp"

#include "app/config/load_config.hpp"
#include "app/verbs/run.hpp"
#include "drivers/json/json.hpp"
#include "drivers/text/endpoint.hpp"
#include "drivers/text/text.hpp"

#include <fstream>
#include <iostream>

namespace gridbridge {

int complain_of_missing_file(const Options& options) {
    if (!options.config_file || std::ifstream(*options.config_file)) {
        return exit_code::ok;
    }
    for (const Problem& error : load_config(options).findings.errors) {
        std::cerr << "error: " << error.where << ": " << error.text << '\n';
    }
    return exit_code::configuration;
}

StatusPage page_of_service(const Options& options, const std::string& path, FetchLimits limits) {
    const std::string listen = load_config(options).config.status_listen;
    if (listen.empty()) {
        return {0, {}, R"([status] listen is off: set it, as in listen = "127.0.0.1:8480")"};
    }
    const auto endpoint = parse_listen(listen);
    if (!endpoint) {
        return {0, {}, "[status] listen " + in_quotes(listen) + " " + std::string(listen_forms)};
    }
    return fetch_status_page(*endpoint, path, limits);
}

std::string reason_of(const StatusPage& page) {
    constexpr std::size_t longest_text = 200; // of what is no answer of ours
    const Json json = parse_json(page.body);
    const auto found = json.is_object() ? json.find("error") : json.end();
    return json.is_object() && found != json.end() && found->is_string() ? found->get<std::string>()
           : page.code == 0                                              ? page.body
                                                                         : page.body.substr(0, longest_text);
}

int save_bytes(const std::string& path, const std::string& bytes) {
    std::ofstream file(path, std::ios::binary | std::ios::trunc);
    file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    file.close();
    if (!file) {
        return fail(exit_code::io,
                    path +
                        ": cannot be written: does its folder exist, may you write there, is the disk full?");
    }
    std::cerr << path << ": " << bytes.size() << " bytes\n";
    return exit_code::ok;
}

} // namespace gridbridge
