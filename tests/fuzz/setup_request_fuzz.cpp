// Any bytes as a request of the page to add a meter or to scan: refused with a text, or a file that has this
// one meter and nothing else, and targets that may be asked.
#include "app/page/added_meter.hpp"
#include "app/page/wanted_scan.hpp"
#include "drivers/text/network.hpp"

#include <cstdint>
#include <cstdlib>
#include <string>

namespace {

using namespace gridbridge;

void require(bool condition) {
    if (!condition) {
        std::abort();
    }
}

void check_added(std::string_view body) {
    const auto made = added_meter(body);
    if (const auto* const reason = std::get_if<std::string>(&made)) {
        require(!reason->empty());
        return;
    }
    const auto& added = std::get<AddedMeter>(made);
    require(is_added_file(added.file));
    Config config;
    Findings findings;
    apply_file(config, added.toml, "f", findings);
    require(findings.errors.empty());
    require(config.meters.size() + config.disabled_meters.size() == 1);
    MeterConfig read = config.meters.empty() ? config.disabled_meters[0] : config.meters[0];
    read.where.clear();
    require(read == added.meter);
    require(read.key.empty() && read.key_file.empty() && read.auth_key_file.empty() && read.share.empty());
    config.meters.clear();
    config.disabled_meters.clear();
    require(show_config(config) == show_config(Config()));
}

void check_scan(std::string_view body) {
    const ScanRules rules{{"192.168.1.0/24"}, {}, [](const std::string& path) { return path; }};
    const auto made = wanted_scan(body, rules);
    if (const auto* const request = std::get_if<ScanRequest>(&made)) {
        require(!request->targets.empty());
        for (const ScanTarget& target : request->targets) {
            require(target.is_port() ? target.path.starts_with("/dev/")
                                     : is_within(target.endpoint.host, rules.networks));
        }
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string body(data, data + size);
    check_added(body);
    check_scan(body);
    return 0;
}
