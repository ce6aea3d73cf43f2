#include "app/config/load_config.hpp"
#include "app/page/page.hpp"
#include "app/recording/newest_recordings.hpp"
#include "app/servers/status_server.hpp"
#include "app/service/service_bundle.hpp"
#include "app/service/service_recorder.hpp"
#include "app/service/wall_clock.hpp"
#include "app/verbs/page_of_service.hpp"
#include "app/verbs/run.hpp"

#include <chrono>
#include <iostream>

namespace gridbridge {
namespace {

constexpr int page_ok = 200;

// What a service has left on the disk.
std::string bundle_without_service(const Options& options, std::chrono::minutes time) {
    const Config config = load_config(options).config;
    BundleSources sources{config, config.portal_id, {}, {}, {}};
    const std::string folder = recordings_path(config.recorder, config.state_dir);
    if (!folder.empty()) {
        sources.recordings = newest_recordings(folder, unix_seconds() - std::chrono::seconds(time).count());
    }
    return bundle_of(std::move(sources));
}

// Whoever does not answer a short question makes no bundle either.
StatusPage bundle_of_service(const Options& options) {
    constexpr std::chrono::seconds patience(120); // a small gateway packs slowly
    constexpr std::size_t most_bytes = std::size_t{64} * 1024 * 1024;
    StatusPage asked = page_of_service(options, "/api/incidents");
    return asked.code == 0
               ? asked
               : page_of_service(options, "/api/bundle?minutes=" + std::to_string(options.minutes),
                                 {patience, patience, most_bytes});
}

} // namespace

int run_bundle(const Options& options) {
    const bool is_wrong = !options.arguments.empty() || options.output.empty() || options.minutes < 1 ||
                          options.minutes > most_bundle_minutes;
    if (is_wrong) {
        return fail(exit_code::usage, "bundle needs --output FILE, --minutes from 1 to " +
                                          std::to_string(most_bundle_minutes) +
                                          ": gridbridge bundle --output FILE [--minutes 10]");
    }
    if (const int problem = complain_of_missing_file(options); problem != exit_code::ok) {
        return problem;
    }
    const StatusPage page = bundle_of_service(options);
    if (page.code == page_ok) {
        return save_bytes(options.output, page.body);
    }
    if (page.code != 0) {
        return fail(exit_code::unavailable, reason_of(page));
    }
    std::cerr << "note: " << page.body << "; without its log and its memory, from the disk alone\n";
    try {
        return save_bytes(options.output,
                          bundle_without_service(options, std::chrono::minutes(options.minutes)));
    } catch (const std::exception& error) {
        return fail(exit_code::io, error.what());
    }
}

} // namespace gridbridge
