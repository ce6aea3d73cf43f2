#include "app/service/service_page.hpp"

#include "app/service/service_bundle.hpp"

#include <chrono>
#include <memory>
#include <string_view>
#include <utility>

namespace gridbridge {

namespace {

std::string service_bundle(const ServiceParts& parts, const std::string& portal_id,
                           const ServiceRecorder& recorder, SnapshotBoard& board, std::chrono::minutes time) {
    constexpr std::chrono::seconds patience(2);
    BundleSources sources{parts.config, portal_id, {}, {}, {}};
    if (const auto now = board.ask(patience)) {
        sources.meters = now->meters;
        sources.findings = findings_json(now->findings, now->wall.at, now->wall.unix_ms);
    }
    sources.log = parts.log_lines ? parts.log_lines->text() : std::string();
    sources.recordings = recorder.newest(time);
    for (const unsigned id : recorder.incident_ids()) {
        if (auto recording = recorder.incident(id)) {
            sources.recordings.emplace_back("incident-" + std::to_string(id) + ".pcapng",
                                            *std::move(recording));
        }
    }
    return bundle_of(std::move(sources));
}

} // namespace

PageOptions page_options(const ServiceParts& parts, const std::string& portal_id,
                         const ServiceHistory& history, const ServiceRecorder& recorder, ClientInbox& inbox,
                         SnapshotBoard& board) {
    PageOptions options;
    options.portal_id = portal_id;
    options.access = {parts.config.status_hosts, parts.config.trusted_proxies, false};
    options.password = parts.page_password;
    if (parts.log_lines) {
        options.log_json = [lines = parts.log_lines] { return lines->json(); };
    }
    options.history = [&history](std::string_view query) {
        HistoryReply reply = history.answer(query);
        return StatusPage{reply.code, "application/json", std::move(reply.body)};
    };
    if (parts.scan && parts.on_reload) {
        options.set_up = std::make_shared<MeterSetUp>(parts.config, parts.scan, parts.on_reload);
    }
    options.incidents = [&recorder] { return recorder.incidents_list(); };
    options.incident = [&recorder](unsigned id) -> std::optional<std::string> {
        const auto bytes = recorder.incident(id);
        return bytes ? std::optional(std::string(bytes->begin(), bytes->end())) : std::nullopt;
    };
    options.bundle = [&parts, portal_id, &recorder, &board](std::chrono::minutes time) {
        return service_bundle(parts, portal_id, recorder, board, time);
    };
    options.write = [&inbox](Message message) {
        inbox.push({ClientEvent::Kind::Received, {}, std::move(message)});
    };
    return options;
}

std::vector<ConnectionHealth> more_links(const Config& config, const GxConnection* gx, bool broker_is_up) {
    std::vector<ConnectionHealth> links;
    if (gx != nullptr) {
        const bool up = gx->link.up();
        links.push_back({"GX " + gx->server, up, up ? "connected" : "not connected"});
    } else if (!config.gx.listen.empty() && config.gx.mode == "em24-ethernet") {
        links.push_back({"GX", true, "asks at " + config.gx.listen});
    }
    if (config.homeassistant.enabled) {
        links.push_back(
            {"Home Assistant", broker_is_up,
             broker_is_up ? "announced below " + config.homeassistant.prefix + "/" : "waits for the broker"});
    }
    return links;
}

} // namespace gridbridge
