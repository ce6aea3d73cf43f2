#include "drivers/meter/meter_config.hpp"
#include "drivers/text/text.hpp"

#include <algorithm>

namespace gridbridge {
namespace {

// "only d0 has it", "only p1, sml, d0 have it".
std::string users_of(KeyGroup group) {
    if (group == KeyGroup::Measuring) {
        return "set it at the meters it is formed of";
    }
    std::string list;
    int count = 0;
    for (const DriverRow& row : driver_table) {
        if (uses(row, group)) {
            list += (list.empty() ? "" : ", ") + std::string(row.name);
            ++count;
        }
    }
    return "only " + list + (count == 1 ? " has it" : " have it");
}

void check_cipher(const MeterConfig& meter, std::vector<std::string>& problems) {
    if (!meter.key.empty() && !meter.key_file.empty()) {
        problems.emplace_back("both key and key_file are set: keep one");
    }
    if (!meter.auth_key.empty() && !meter.auth_key_file.empty()) {
        problems.emplace_back("both auth_key and auth_key_file are set: keep one");
    }
    const bool has_key = !meter.key.empty() || !meter.key_file.empty();
    const bool has_auth_key = !meter.auth_key.empty() || !meter.auth_key_file.empty();
    if (has_auth_key && !has_key) {
        problems.emplace_back("auth_key needs key or key_file: set it to the key of the grid operator");
    }
}

void check_model(const MeterConfig& meter, std::vector<std::string>& problems) {
    const bool is_known = std::find(model_names.begin(), model_names.end(), meter.model) != model_names.end();
    if (meter.model.empty() || is_known) {
        return;
    }
    std::string list;
    for (const std::string_view name : model_names) {
        list += (list.empty() ? "" : ", ") + std::string(name);
    }
    problems.push_back("model " + in_quotes(meter.model) + " must be one of " + list +
                       did_you_mean(meter.model, model_names));
}

// Of a meter formed of others: how many it needs.
void check_members(const MeterConfig& meter, std::vector<std::string>& problems) {
    constexpr std::size_t phases = 3;
    const std::size_t count = meter.members.size();
    if (meter.transport == Transport::Net && count != phases) {
        problems.push_back("of has " + std::to_string(count) +
                           " meters, and net forms one of three: name the single-phase meters of L1, L2 and "
                           "L3, as in of=A,B,C");
    } else if (count < 2) {
        problems.push_back("of has " + std::to_string(count) +
                           " meters: name two or more by their names or serial numbers, as in of=A,B");
    }
    for (auto member = meter.members.begin(); member != meter.members.end(); ++member) {
        if (std::find(meter.members.begin(), member, *member) != member) {
            problems.push_back("of names " + in_quotes(*member) + " twice: name each meter once");
        }
    }
}

} // namespace

std::vector<std::string> check_meter(const MeterConfig& meter) {
    std::vector<std::string> problems;
    const DriverRow& row = driver_row(meter.driver);
    if (!row.is_stream && meter.parity.value_or(Parity::None) != Parity::None &&
        meter.stop_bits.value_or(1) == 2) {
        problems.emplace_back("parity even or odd forces one stop bit on these meters: set stop_bits = 1");
    }
    if (uses(row, KeyGroup::Readout) && meter.mode == ReadoutMode::Request &&
        meter.transport == Transport::File) {
        problems.emplace_back("mode request cannot ask a file: remove mode");
    }
    if (uses(row, KeyGroup::Cipher)) {
        check_cipher(meter, problems);
    }
    if (uses(row, KeyGroup::Members)) {
        check_members(meter, problems);
    }
    if (uses(row, KeyGroup::Model)) {
        check_model(meter, problems);
    }
    if (uses(row, KeyGroup::Telegrams) && meter.share_raw && meter.share.empty()) {
        problems.emplace_back("share_raw needs share = \"address:port\"");
    }
    return problems;
}

std::string unused_text(const MeterKey& key, const MeterConfig& meter) {
    const bool is_of_port = key.group == KeyGroup::Line || key.group == KeyGroup::RequestLine;
    if (is_of_port && !has_serial_port(meter)) {
        return {};
    }
    std::string reason;
    if (!uses(driver_row(meter.driver), key.group)) {
        reason = users_of(key.group);
    } else if (key.is_asking && meter.transport == Transport::File) {
        reason = "a file cannot be asked";
    } else {
        return {};
    }
    return "meter " + in_quotes(meter.uri) + " does not use " + in_quotes(key.name) + ": " + reason +
           ", remove it";
}

void forget_unused(MeterConfig& meter) {
    const DriverRow& row = driver_row(meter.driver);
    if (!uses(row, KeyGroup::Cipher)) {
        for (std::string* const secret :
             {&meter.key, &meter.key_file, &meter.auth_key, &meter.auth_key_file}) {
            secret->clear();
        }
    }
    if (!uses(row, KeyGroup::Measuring)) {
        meter.ct_ratio = 1;
        meter.vt_ratio = 1;
        meter.phases.clear();
        meter.invert.clear();
    }
    if (!uses(row, KeyGroup::Members)) {
        meter.members.clear();
    }
    if (!uses(row, KeyGroup::Telegrams)) {
        meter.share.clear();
        meter.share_raw = false;
        meter.raw = false;
        meter.obis.clear();
        meter.obis_all = false;
    }
}

} // namespace gridbridge
