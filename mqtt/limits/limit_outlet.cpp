#include "mqtt/limits/limit_outlet.hpp"

#include "mqtt/outlet/payload.hpp"
#include "mqtt/outlet/topics.hpp"
#include "mqtt/outlet/venus_request.hpp"

#include <algorithm>
#include <utility>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view limit_path = "Limit";
constexpr std::int64_t quarter = 900; // s; of UTC, as of every zone in use
constexpr auto look_every = 1s;       // at the wall clock, while a limit is in force
constexpr std::size_t most_limits = 64;

std::int64_t end_of_quarter(std::int64_t time) {
    return (time / quarter + 1) * quarter;
}

} // namespace

LimitOutlet::LimitOutlet(LimitOutletOptions options, LimitFile& file)
    : options_(std::move(options)), file_(file), resumed_(file.in_force()),
      self_(std::make_shared<LimitOutlet*>(this)) {
    file_.on_disk([self = std::weak_ptr(self_)](const LimitLogHead& head) {
        if (const auto outlet = self.lock()) {
            (*outlet)->to_show_ = head;
        }
    });
}

std::optional<std::int64_t> LimitOutlet::unix_seconds() const {
    const auto ms = options_.unix_ms();
    return ms ? std::optional(*ms / 1000) : std::nullopt;
}

const Meter* LimitOutlet::meter_of(std::string_view type, int instance) const {
    for (const auto& [source, meter] : meters_) {
        const bool is_shown = meter->life == MeterLife::Live || meter->life == MeterLife::Lost;
        if (is_shown && meter->role == "grid" && meter->role == type && meter->instance == instance) {
            return meter;
        }
    }
    return nullptr;
}

const Meter* LimitOutlet::meter_with(const std::string& serial) const {
    const auto found = std::find_if(meters_.begin(), meters_.end(),
                                    [&](const auto& entry) { return entry.second->info.serial == serial; });
    return found == meters_.end() ? nullptr : found->second;
}

void LimitOutlet::connected(Clock::time_point /*now*/, Messages& out) {
    for (const auto& [source, meter] : meters_) {
        show(*meter, out);
    }
    to_show_ = file_.head().lines > 0 ? std::optional(file_.head()) : std::nullopt;
    show_head(out);
}

void LimitOutlet::reading(const Meter& meter, Clock::time_point now, Messages& out) {
    take_up(meter, now, out);
    if (const auto found = in_force_.find(meter.info.serial); found != in_force_.end()) {
        found->second.imported.take(meter.reading.get(Quantity::Power), now);
    }
}

void LimitOutlet::lost(const Meter& meter, Clock::time_point now, Messages& /*out*/) {
    if (const auto found = in_force_.find(meter.info.serial); found != in_force_.end()) {
        found->second.imported.take(std::nullopt, now);
    }
}

// In force when the program ended.
void LimitOutlet::take_up(const Meter& meter, Clock::time_point now, Messages& out) {
    const auto found = resumed_.find(meter.info.serial);
    const auto time = unix_seconds();
    if (found == resumed_.end() || !time) {
        return;
    }
    const LoggedLimit logged = std::move(found->second);
    resumed_.erase(found);
    InForce& limit = in_force_[meter.info.serial];
    limit = {*logged.limit, logged.number, *time, {}};
    limit.imported.begin(now);
    show(meter, out);
}

void LimitOutlet::request(const Message& message, Clock::time_point now, Messages& out) {
    const std::string_view topic = message.topic;
    const std::string branch = "/" + options_.portal_id + "/";
    if (topic.size() < branch.size() + 1 || topic.substr(1, branch.size()) != branch) {
        return;
    }
    const std::string_view rest = topic.substr(1 + branch.size());
    if (topic[0] == 'R' && rest == "keepalive") {
        if (parse_keepalive(message.payload).republish) {
            connected(now, out);
        }
        return;
    }
    const auto asked = parse_venus_topic(rest);
    const Meter* const meter =
        asked && asked->path == limit_path ? meter_of(asked->type, asked->instance) : nullptr;
    if (meter == nullptr) {
        return;
    }
    if (topic[0] == 'W') {
        take(*meter, message.payload, now, out);
    }
    show(*meter, out);
}

void LimitOutlet::take(const Meter& meter, std::string_view payload, Clock::time_point now, Messages& out) {
    const LimitRequest asked = parse_limit(payload);
    const auto time = unix_seconds();
    std::string refusal = asked.problem;
    if (refusal.empty() && !time) {
        refusal = "the clock of this machine is not set: start its time service";
    } else if (refusal.empty() && !file_.keeps()) {
        refusal = "there is no folder to log it in: set state_dir";
    } else if (refusal.empty() && asked.limit && asked.limit->end && *asked.limit->end <= *time) {
        refusal = "its end has passed";
    } else if (refusal.empty() && in_force_.size() >= most_limits) {
        refusal = "too many meters have one";
    }
    if (!refusal.empty()) {
        options_.log(LogLevel::Warn, "limits",
                     "a limit for " + meter.info.serial + " is refused: " + refusal);
        return;
    }
    take_up(meter, now, out);
    end(meter.info.serial, asked.limit ? LimitEnd::Replaced : LimitEnd::Lifted, *time, now, out);
    if (asked.limit && append(limit_object(meter.info.serial, *asked.limit, *time))) {
        InForce& limit = in_force_[meter.info.serial];
        limit = {*asked.limit, file_.head().lines, *time, {}};
        limit.imported.begin(now);
        limit.imported.take(meter.reading.get(Quantity::Power), now);
    }
}

void LimitOutlet::end(const std::string& serial, LimitEnd why, std::int64_t at, Clock::time_point now,
                      Messages& out) {
    const auto found = in_force_.find(serial);
    if (found == in_force_.end()) {
        return;
    }
    log_part(found->first, found->second, at, now);
    append(end_object(found->first, found->second.number, why, at));
    in_force_.erase(found);
    if (const Meter* const meter = meter_with(serial)) {
        show(*meter, out);
    }
}

void LimitOutlet::log_part(const std::string& serial, InForce& limit, std::int64_t until,
                           Clock::time_point now) {
    if (until > limit.part_begin) {
        const auto imported = limit.imported.until(now);
        append(quarter_object(
            serial, limit.number, limit.limit,
            {limit.part_begin, until, imported.known_seconds, imported.mean, imported.highest}));
    }
    limit.part_begin = until;
    limit.imported.begin(now);
}

void LimitOutlet::tick(Clock::time_point now, Messages& out) {
    now_ = now;
    show_head(out);
    const auto time = in_force_.empty() ? std::nullopt : unix_seconds();
    if (!time) {
        return;
    }
    std::vector<std::pair<std::string, std::int64_t>> over; // of meters that are away too
    for (auto& [serial, limit] : in_force_) {
        const std::int64_t part_end = end_of_quarter(limit.part_begin);
        if (limit.limit.end && *time >= *limit.limit.end) {
            over.emplace_back(serial, *limit.limit.end);
        } else if (*time >= part_end || *time < limit.part_begin) { // or the clock was set back
            log_part(serial, limit, std::max(std::min(*time, part_end), limit.part_begin), now);
            limit.part_begin = *time;
        }
    }
    for (const auto& [serial, at] : over) {
        end(serial, LimitEnd::Time, at, now, out);
    }
}

Clock::time_point LimitOutlet::next_tick(Clock::time_point now) const {
    if (to_show_) {
        return now;
    }
    return in_force_.empty() ? Clock::time_point::max() : now + look_every;
}

void LimitOutlet::leave(Messages& /*out*/) {
    const auto time = in_force_.empty() ? std::nullopt : unix_seconds();
    for (auto& [serial, limit] : in_force_) {
        if (time) {
            log_part(serial, limit, *time, now_);
        }
    }
}

void LimitOutlet::show(const Meter& meter, Messages& out) const {
    const bool is_shown = meter.life == MeterLife::Live || meter.life == MeterLife::Lost;
    if (!is_shown || meter.role != "grid" || file_.head().lines == 0) { // nobody uses limits here
        return;
    }
    const auto found = in_force_.find(meter.info.serial);
    out.push_back(
        {"N/" + options_.portal_id + "/" + meter.role + "/" + std::to_string(meter.instance) + "/" +
             std::string(limit_path),
         limit_payload(found == in_force_.end() ? std::nullopt : std::optional(found->second.limit)), false});
}

void LimitOutlet::show_head(Messages& out) {
    if (const auto head = std::exchange(to_show_, std::nullopt)) {
        out.push_back({"gridbridge/" + options_.portal_id + "/limits",
                       R"({"lines":)" + std::to_string(head->lines) + R"(,"hash":")" + head->hash + R"("})",
                       false});
    }
}

bool LimitOutlet::append(const std::string& object) {
    const bool taken = file_.append(object);
    if (!taken) {
        options_.log(LogLevel::Error, "limits",
                     "not logged, as the disk has not taken the lines before: " + object);
    }
    return taken;
}

} // namespace gridbridge
