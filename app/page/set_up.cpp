#include "app/page/set_up.hpp"

#include "app/page/added_meter.hpp"
#include "app/page/json_page.hpp"
#include "app/page/own_networks.hpp"
#include "app/page/set_up_json.hpp"
#include "app/scan/port_use.hpp"
#include "drivers/json/json.hpp"
#include "drivers/text/json_bounds.hpp"
#include "drivers/text/text.hpp"

#include <algorithm>
#include <array>
#include <filesystem>
#include <stdexcept>
#include <system_error>
#include <variant>

namespace gridbridge {
namespace {

constexpr JsonBounds remove_bounds{512, 2, 4};
constexpr std::array<std::string_view, 5> set_up_paths{"setup", "setup/meters", "setup/remove", "scan",
                                                       "scan/stop"};
constexpr const char* no_folder =
    "nothing can be kept: set state_dir to a directory that the service may write";

// So that two names of one port are one.
std::string device_of(const std::string& port) {
    std::error_code error;
    const auto device = std::filesystem::canonical(port, error);
    return error ? port : device.string();
}

std::string file_to_remove(const std::string& body) {
    const Json json = is_within(body, remove_bounds) ? parse_json(body) : Json(Json::value_t::discarded);
    const bool names_one = json.is_object() && json.contains("file") && json["file"].is_string();
    return names_one ? json["file"].get<std::string>() : std::string();
}

} // namespace

bool is_set_up_path(std::string_view name) {
    return std::find(set_up_paths.begin(), set_up_paths.end(), name) != set_up_paths.end();
}

MeterSetUp::MeterSetUp(const Config& config, std::shared_ptr<ScanJob> scan, std::function<void()> reload)
    : config_(config), folder_(config.state_dir), scan_(std::move(scan)), reload_(std::move(reload)) {}

std::optional<StatusPage> MeterSetUp::answer(const HttpMessage& request, std::string_view name) {
    const bool is_change = request.method == "POST";
    if (name == "setup" && !is_change) {
        return show();
    }
    if (name == "scan") {
        return is_change ? start_scan(request.body) : json_page(scan_json(scan_->state()));
    }
    if (name == "setup" || !is_change) {
        return std::nullopt;
    }
    if (name == "scan/stop") {
        scan_->stop();
        return json_page(scan_json(scan_->state()));
    }
    return name == "setup/meters" ? put(request.body) : remove(request.body);
}

StatusPage MeterSetUp::show() const {
    SetUpView view;
    view.main = main_config();
    view.files = folder_.files();
    const ScanRules rules = scan_rules();
    for (std::string& port : ports_by_id()) {
        if (user_of(port, rules) == nullptr) {
            view.free_ports.push_back(std::move(port));
        }
    }
    view.networks = offered_networks(interface_addresses());
    view.why_fixed = folder_.folder().empty() ? no_folder : "";
    return json_page(set_up_json(view));
}

StatusPage MeterSetUp::put(const std::string& body) {
    const auto made = added_meter(body);
    if (const auto* const reason = std::get_if<std::string>(&made)) {
        return failure(400, *reason);
    }
    const auto& added = std::get<AddedMeter>(made);
    if (folder_.folder().empty()) {
        return failure(409, no_folder);
    }
    const std::string conflict = conflict_in(config_, added.meter, folder_.path_of(added.file) + ":");
    if (!conflict.empty()) {
        return failure(409, conflict);
    }
    if (std::string problem = write(added.file, added.toml); !problem.empty()) {
        return failure(409, problem);
    }
    return changed(added.file);
}

std::string MeterSetUp::write(const std::string& file, const std::string& toml) const {
    try {
        const auto before = folder_.read(file);
        if (before && !is_of_page(read_meter_tables(*before, file))) {
            return folder_.path_of(file) + " was written by hand, and is changed there";
        }
        if (!before && folder_.files().size() >= most_added_files) {
            return "there are " + std::to_string(most_added_files) + " files in " + folder_.folder() +
                   " already: remove one";
        }
        folder_.write(file, toml);
    } catch (const std::runtime_error& error) {
        return error.what();
    }
    return {};
}

StatusPage MeterSetUp::remove(const std::string& body) {
    const std::string file = file_to_remove(body);
    if (!is_added_file(file)) {
        return failure(400,
                       R"(the body must be {"file": "cg-0123456789abcdef.toml"}, a name of GET /api/setup)");
    }
    try {
        return !folder_.folder().empty() && folder_.remove(file)
                   ? changed(file)
                   : failure(404, "there is no " + in_quotes(file) + " in " + folder_.folder());
    } catch (const std::runtime_error& error) {
        return failure(409, error.what());
    }
}

StatusPage MeterSetUp::start_scan(const std::string& body) {
    auto made = wanted_scan(body, scan_rules());
    if (const auto* const reason = std::get_if<std::string>(&made)) {
        return failure(400, *reason);
    }
    if (!scan_->start(std::get<ScanRequest>(std::move(made)))) {
        return failure(409, "a scan runs already: wait for its end, or stop it");
    }
    return json_page(scan_json(scan_->state()));
}

// The service ends for the new configuration: once the answer is out.
StatusPage MeterSetUp::changed(const std::string& file) const {
    StatusPage page = json_page(write_json(Json{{"file", file}}) + "\n");
    page.then = reload_;
    return page;
}

bool MeterSetUp::is_added(const MeterConfig& meter) const {
    return !folder_.folder().empty() && meter.where.starts_with(folder_.folder() + "/");
}

Config MeterSetUp::main_config() const {
    Config main = config_;
    std::erase_if(main.meters, [&](const MeterConfig& meter) { return is_added(meter); });
    std::erase_if(main.disabled_meters, [&](const MeterConfig& meter) { return is_added(meter); });
    return main;
}

ScanRules MeterSetUp::scan_rules() const {
    return {networks_of(interface_addresses()), config_.meters, device_of};
}

} // namespace gridbridge
