// The page for people and the API behind it (app/README.md, The page): what each path answers.
#pragma once

#include "app/page/access.hpp"
#include "app/page/live_meters.hpp"
#include "app/page/password_gate.hpp"
#include "app/page/set_up.hpp"
#include "app/servers/http_answers.hpp"
#include "mqtt/outlet/message.hpp"
#include "mqtt/status/snapshot_board.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace gridbridge {

// Of the recordings in a bundle, min.
inline constexpr long long usual_bundle_minutes = 10;
inline constexpr long long most_bundle_minutes = 7LL * 24 * 60;

// What the page needs of the service, callable on the thread of the views; the board waits for the publisher.
struct PageOptions {
    std::string portal_id;
    AccessRules access;                    // `has_password` is found out at each request
    std::function<std::string()> password; // of [status] password_file; none: nothing can be changed
    std::function<std::string()> log_json; // the newest lines
    std::function<void(Message)> write;    // as if a client had written it over MQTT
    // JSON for the query, or the reason why there is none; none: there is no history.
    std::function<StatusPage(std::string_view query)> history;
    std::shared_ptr<MeterSetUp> set_up = {};     // none: meters cannot be added
    std::function<std::string()> incidents = {}; // JSON list
    // The recording (.pcapng.zst) of one; nothing: there is no such incident.
    std::function<std::optional<std::string>(unsigned id)> incident = {};
    // For a bug report (.tar.zst), with the recordings of the last minutes; may throw std::exception
    // (reason).
    std::function<std::string(std::chrono::minutes time)> bundle = {};
};

// One thread at a time. `board` must outlive it.
class Page {
  public:
    Page(SnapshotBoard& board, PageOptions options)
        : board_(board), options_(std::move(options)), live_(options_.portal_id) {}

    std::optional<StatusPage> answer(const HttpMessage& request);
    LiveTexts live(bool wants_all);

  private:
    std::optional<StatusPage> api(const HttpMessage& request, std::string_view name);
    StatusPage all_meters();
    StatusPage one_meter(const std::string& serial);
    StatusPage access(const HttpMessage& request);
    StatusPage log(const HttpMessage& request);
    StatusPage bundle(const HttpMessage& request);
    StatusPage incident(const HttpMessage& request, std::string_view id);
    StatusPage change(const HttpMessage& request, const std::string& serial);
    StatusPage load_test(const HttpMessage& request);
    StatusPage answer_to_write(const std::string& serial, const std::string& body);
    std::optional<StatusPage> set_up(const HttpMessage& request, std::string_view name);
    // Of what names hosts, serial numbers and ports: for this machine, or with the password.
    std::optional<StatusPage> private_refusal(const HttpMessage& request, std::string_view what);
    std::optional<StatusPage> change_refusal(const HttpMessage& request);
    // Nothing: whoever asks may.
    std::optional<StatusPage> refusal(const HttpMessage& request);
    AccessRules rules() const;

    SnapshotBoard& board_;
    PageOptions options_;
    LiveMeters live_;
    PasswordGate gate_;
};

} // namespace gridbridge
