#include "tests/mill/kept_run.hpp"

#include "app/config/config.hpp"
#include "app/recording/wire_record.hpp"
#include "app/replay/recorded_service.hpp"

namespace gridbridge::mill {
namespace {

constexpr std::int64_t wall_minus_monotonic_ns =
    1'699'996'400'000'000'000; // 1'700'000'000 s when time begins

RecordedHead head_of(const std::vector<MeterConfig>& meters, const Settings& settings) {
    Config config;
    config.meters = meters;
    return recorded_head(config, settings, wall_minus_monotonic_ns);
}

} // namespace

KeptRun::KeptRun(const std::vector<MeterConfig>& meters, const Settings& settings)
    : writer_(head_of(meters, settings)) {
    std::map<std::string, std::vector<MeterConfig>> by_uri;
    for (const MeterConfig& meter : meters) {
        if (!is_formed(meter.driver)) {
            by_uri[meter.uri].push_back(meter);
        }
    }
    unsigned number = 0;
    for (const auto& [uri, on_it] : by_uri) {
        connections_[uri] = ++number;
        writer_.add(describe_connection(number, on_it));
    }
}

void KeptRun::take(const std::string& uri, const WireEvent& event) {
    writer_.flush(event.at);
    writer_.add(record_of(event, connections_.at(uri)));
}

Bytes KeptRun::finish() {
    writer_.finish();
    return writer_.take();
}

} // namespace gridbridge::mill
