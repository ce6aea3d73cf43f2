#include "app/sinks/sink_worker.hpp"

#include "drivers/io/detached_thread.hpp"
#include "drivers/io/stop_wait.hpp"

#include <atomic>
#include <exception>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include <pthread.h>

namespace gridbridge {

struct SinkWorker::Threads {
    Threads(std::shared_ptr<SinkShared> given, SinkWorkerOptions chosen)
        : shared(std::move(given)), options(std::move(chosen)) {}

    const std::shared_ptr<SinkShared> shared;
    const SinkWorkerOptions options;
    std::stop_source stop;         // of the thread of the queue
    std::stop_source sending_stop; // of the sender
    Guarded<int> running;
    std::atomic<int> using_queue = 2;
    std::string said; // thread of the queue: the newest problem in the log

    void keep_points();
    void send_points();
    bool open_queue();
    bool put_points(Clock::time_point until);
    void sync();
    void report(const std::string& problem);
    void ended();
};

// The last one gives the folder free before it says so: the next service may wait for it.
void SinkWorker::Threads::ended() {
    if (using_queue.fetch_sub(1) == 1) {
        shared->queue.with([](std::unique_ptr<SinkQueue>& queue) { queue.reset(); });
    }
    running.change([](int& count) { --count; });
}

void SinkWorker::Threads::report(const std::string& problem) {
    shared->health.with([&](SinkHealth& health) { health.disk_problem = problem; });
    shared->count();
    if (std::exchange(said, problem) != problem) {
        shared->log(problem.empty() ? LogLevel::Info : LogLevel::Error, shared->name,
                    problem.empty() ? "its queue works again" : "not queued: " + problem);
    }
}

bool SinkWorker::Threads::open_queue() {
    try {
        auto opened = options.open_queue();
        shared->queue.with([&](std::unique_ptr<SinkQueue>& queue) { queue = std::move(opened); });
        report({});
        shared->wake_sender();
        return true;
    } catch (const std::exception& error) {
        report(error.what());
        return false;
    }
}

// False: the disk has not taken them.
bool SinkWorker::Threads::put_points(Clock::time_point until) {
    std::vector<QueuedPoint> points = shared->box->take(until, stop.get_token());
    if (points.empty()) {
        return true;
    }
    try {
        shared->queue.with([&](std::unique_ptr<SinkQueue>& queue) { queue->append(points); });
        report({});
        shared->wake_sender();
        return true;
    } catch (const std::exception& error) {
        std::erase_if(points, [](const QueuedPoint& point) { return point.seq != 0; }); // those are in it
        shared->box->put_back(std::move(points));
        report(error.what());
        return false;
    }
}

void SinkWorker::Threads::sync() {
    try {
        shared->queue.with([&](std::unique_ptr<SinkQueue>& queue) { queue->sync(); });
        report(said);
    } catch (const std::exception& error) {
        report(error.what());
    }
}

void SinkWorker::Threads::keep_points() {
    static_cast<void>(pthread_setname_np(pthread_self(), "sink queue"));
    const std::stop_token token = stop.get_token();
    bool is_open = open_queue();
    while (!is_open && sleep_on_system(Clock::now() + options.disk_pause, token)) {
        is_open = open_queue();
    }
    auto sync_at = Clock::now() + options.sync_every;
    while (is_open && !token.stop_requested()) {
        if (!put_points(sync_at)) {
            sleep_on_system(Clock::now() + options.disk_pause, token);
        }
        if (Clock::now() >= sync_at) {
            sync();
            sync_at = Clock::now() + options.sync_every;
        }
    }
    if (is_open) {
        put_points(Clock::now());
        sync();
    }
    ended();
}

void SinkWorker::Threads::send_points() {
    constexpr std::chrono::seconds failure_pause(5);
    static_cast<void>(pthread_setname_np(pthread_self(), "sink"));
    const std::stop_token token = sending_stop.get_token();
    auto sender = options.make_sender(shared);
    while (!token.stop_requested()) {
        Clock::time_point next = Clock::now() + failure_pause;
        try {
            next = sender->step(Clock::now(), token);
        } catch (const std::exception& error) {
            shared->health.with([&](SinkHealth& health) { health.problem = error.what(); });
            sleep_on_system(next, token);
        }
        shared->sender_wanted.wait(
            next, token, [](bool is_wanted) { return is_wanted; },
            [](bool& is_wanted) { is_wanted = false; });
    }
    sender->leave();
    sender.reset();
    ended();
}

SinkWorker::SinkWorker(std::shared_ptr<SinkShared> shared, SinkWorkerOptions options)
    : threads_(std::make_shared<Threads>(std::move(shared), std::move(options))) {
    threads_->running.with([](int& count) { count = 2; });
    run_detached([threads = threads_] { threads->keep_points(); });
    run_detached([threads = threads_] { threads->send_points(); });
}

SinkWorker::~SinkWorker() {
    threads_->sending_stop.request_stop();
    threads_->stop.request_stop();
}

void SinkWorker::stop_sending() {
    threads_->sending_stop.request_stop();
}

bool SinkWorker::finish(std::chrono::milliseconds limit) {
    threads_->sending_stop.request_stop();
    threads_->stop.request_stop();
    const auto is_over = [](const int& count) { return count == 0; };
    return threads_->running.wait(Clock::now() + limit, {}, is_over, is_over);
}

} // namespace gridbridge
