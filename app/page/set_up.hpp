// The set-up part of the page: meters that are added to the configuration, and the search for them. Who may
// is looked at before (page.hpp).
#pragma once

#include "app/config/config.hpp"
#include "app/page/added_folder.hpp"
#include "app/page/scan_job.hpp"
#include "app/page/wanted_scan.hpp"
#include "app/servers/http_answers.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace gridbridge {

// `name` is behind `/api/`.
bool is_set_up_path(std::string_view name);

// One thread at a time; waits for the disk.
class MeterSetUp {
  public:
    // `config` is the one in use and must outlive this. `reload` reads it anew, soon, on any thread.
    MeterSetUp(const Config& config, std::shared_ptr<ScanJob> scan, std::function<void()> reload);

    // Nothing: no such path or method.
    std::optional<StatusPage> answer(const HttpMessage& request, std::string_view name);

  private:
    StatusPage show() const;
    StatusPage put(const std::string& body);
    StatusPage remove(const std::string& body);
    StatusPage start_scan(const std::string& body);
    std::string write(const std::string& file, const std::string& toml) const; // what is wrong
    bool is_added(const MeterConfig& meter) const;
    Config main_config() const; // without the added meters
    ScanRules scan_rules() const;
    StatusPage changed(const std::string& file) const;

    const Config& config_;
    AddedFolder folder_;
    std::shared_ptr<ScanJob> scan_;
    std::function<void()> reload_;
};

} // namespace gridbridge
