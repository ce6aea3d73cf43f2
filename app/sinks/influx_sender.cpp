#include "app/sinks/influx_sender.hpp"

#include "app/sinks/gzip.hpp"
#include "app/version.hpp"
#include "drivers/io/link_lost.hpp"
#include "mqtt/sinks/line_protocol.hpp"

#include <algorithm>
#include <utility>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t batch_points = 5000;
constexpr std::size_t batch_bytes = 1'000'000; // of records; lines are shorter
constexpr std::size_t worth_packing = 500;     // bytes
constexpr auto clock_look = 5s;                // while nobody has set the clock
constexpr unsigned doubtful_refusals = 20;     // so many in a row, and it may not be the points

} // namespace

InfluxSender::InfluxSender(std::shared_ptr<SinkShared> shared, InfluxOptions options)
    : shared_(std::move(shared)), options_(std::move(options)), connection_(options_.place),
      most_points_(batch_points), most_bytes_(batch_bytes) {}

std::optional<InfluxSender::Batch> InfluxSender::next_batch() {
    return shared_->queue.with([this](std::unique_ptr<SinkQueue>& queue) -> std::optional<Batch> {
        if (!queue) {
            return std::nullopt;
        }
        if (!stamps_) {
            stamps_.emplace(shared_->boot, queue->store());
        }
        queue->rewind();
        Batch batch;
        for (const TakenPoint& taken : queue->read(most_points_, most_bytes_)) {
            const Stamp stamp = stamps_->of(taken.point, shared_->wall_minus_steady_ms(), queue->store());
            if (stamp.kind == Stamp::Kind::NotYet) {
                break;
            }
            if (stamp.kind == Stamp::Kind::Known) {
                append_line(batch.lines, taken.point, stamp.unix_ms);
            } else {
                ++batch.untimed;
            }
            ++batch.points;
            batch.after = taken.after;
        }
        return batch;
    });
}

Clock::time_point InfluxSender::step(Clock::time_point now, const std::stop_token& stop) {
    if (now < not_before_) {
        return not_before_;
    }
    const auto batch = next_batch();
    if (!batch || batch->points == 0) {
        return now + clock_look;
    }
    if (batch->lines.empty()) {
        done(*batch);
        return now;
    }
    try {
        return take(*batch, send(batch->lines, stop), Clock::now());
    } catch (const LinkLost& error) {
        return later(error.what(), Clock::now());
    } catch (const Stopped&) {
        return now;
    }
}

HttpAnswer InfluxSender::send(const std::string& lines, const std::stop_token& stop) {
    const bool packed = options_.gzip && lines.size() >= worth_packing;
    const std::string body = packed ? gzip(lines) : lines;
    const std::string login = options_.login ? options_.login() : std::string();
    std::string head =
        "POST " + options_.target + " HTTP/1.1\r\nHost: " + to_text(options_.place.at) +
        "\r\nUser-Agent: gridbridge/" + std::string(version::number) +
        "\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: " + std::to_string(body.size()) +
        "\r\n";
    head += packed ? "Content-Encoding: gzip\r\n" : "";
    head += login.empty() ? "" : "Authorization: " + login + "\r\n";
    const StopWait wait(stop);
    return connection_.ask(head, body, Clock::now() + options_.answer_limit, wait);
}

Clock::time_point InfluxSender::take(const Batch& batch, const HttpAnswer& answer, Clock::time_point now) {
    const std::string reason = explain_answer(answer.status, answer.body);
    switch (verdict_of(answer.status)) {
    case Verdict::Taken:
        done(batch);
        not_before_ = batch.points < most_points_ / 2 ? now + options_.shortest_pause : now;
        most_points_ = std::min(most_points_ * 2, batch_points);
        return not_before_;
    case Verdict::TooLarge:
        most_bytes_ = std::max<std::size_t>(std::min(most_bytes_, batch.lines.size()) / 2, 1);
        [[fallthrough]];
    case Verdict::Bad:
        if (batch.points == 1) {
            return leave_out(batch, reason, now);
        }
        most_points_ = (batch.points + 1) / 2;
        return now;
    case Verdict::Refused:
        return later(reason, now);
    case Verdict::Later:
        break;
    }
    return later(reason, now, retry_after(answer.retry_after));
}

void InfluxSender::done(const Batch& batch) {
    shared_->queue.with([&](std::unique_ptr<SinkQueue>& queue) { queue->acknowledge(batch.after); });
    shared_->health.with([&](SinkHealth& health) {
        health.sent += batch.points - batch.untimed;
        health.untimed += batch.untimed;
        health.connected = health.connected || !batch.lines.empty();
    });
    shared_->count();
    if (batch.untimed > 0) {
        shared_->log(LogLevel::Warn, shared_->name,
                     std::to_string(batch.untimed) +
                         " points are left out: the machine started again before its clock was set");
    }
    if (!batch.lines.empty()) {
        pause_.reset();
        refused_in_a_row_ = 0;
        say({});
    }
}

Clock::time_point InfluxSender::leave_out(const Batch& batch, const std::string& reason,
                                          Clock::time_point now) {
    shared_->queue.with([&](std::unique_ptr<SinkQueue>& queue) { queue->acknowledge(batch.after); });
    shared_->health.with([&](SinkHealth& health) {
        ++health.refused;
        health.remark = "a point was left out: " + reason;
    });
    shared_->count();
    if (refused_in_a_row_++ < doubtful_refusals) {
        shared_->log(LogLevel::Warn, shared_->name, "a point is left out: " + reason + ": " + batch.lines);
        return now;
    }
    return later(reason, now);
}

Clock::time_point InfluxSender::later(const std::string& reason, Clock::time_point now,
                                      std::optional<std::chrono::seconds> pause) {
    const auto usual = std::min(pause_.next(options_.jitter()), options_.longest_pause);
    not_before_ = now + (pause ? std::max<std::chrono::milliseconds>(*pause, usual) : usual);
    shared_->health.with([](SinkHealth& health) { health.connected = false; });
    say(reason);
    return not_before_;
}

void InfluxSender::say(const std::string& problem) {
    shared_->health.with([&](SinkHealth& health) { health.problem = problem; });
    if (std::exchange(said_, problem) == problem) {
        return;
    }
    if (problem.empty()) {
        shared_->log(LogLevel::Info, shared_->name, "takes points again");
    } else {
        shared_->log(LogLevel::Warn, shared_->name, problem + "; tried again until it works");
    }
}

} // namespace gridbridge
