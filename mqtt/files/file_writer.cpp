#include "mqtt/files/file_writer.hpp"

#include "drivers/io/back_off.hpp"
#include "drivers/io/detached_thread.hpp"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <exception>
#include <mutex>
#include <optional>
#include <utility>

namespace gridbridge {
namespace {

struct Waiting {
    std::string key;
    FileJob job;
    FileDone done;
    Clock::time_point due{};
    BackOff back_off;
    std::string failure; // of the last attempt; empty: none failed
};

} // namespace

struct ThreadedFileWriter::Shared {
    mutable std::mutex mutex;
    std::condition_variable changed;
    std::deque<Waiting> waiting;                          // guarded by mutex
    std::vector<std::pair<FileDone, FileResult>> results; // guarded by mutex
    std::string running;        // guarded by mutex: key of the job under way; empty: none
    bool finishing = false;     // guarded by mutex: no pauses any more
    bool over = false;          // guarded by mutex
    std::function<void()> wake; // guarded by mutex: gone with the writer

    // The next job that is due; nothing when the writer is over.
    std::optional<Waiting> next() {
        std::unique_lock lock(mutex);
        while (!over) {
            const auto now = Clock::now();
            const auto due = std::find_if(waiting.begin(), waiting.end(), [&](const Waiting& entry) {
                return finishing ? entry.failure.empty() : entry.due <= now;
            });
            if (due != waiting.end()) {
                Waiting job = std::move(*due);
                waiting.erase(due);
                running = job.key;
                return job;
            }
            if (finishing || waiting.empty()) {
                changed.wait(lock);
            } else {
                const auto first =
                    std::min_element(waiting.begin(), waiting.end(),
                                     [](const Waiting& a, const Waiting& b) { return a.due < b.due; });
                changed.wait_until(lock, first->due);
            }
        }
        return std::nullopt;
    }

    void finished(Waiting job, FileResult result) {
        const std::lock_guard lock(mutex);
        running.clear();
        const bool is_replaced = std::any_of(waiting.begin(), waiting.end(),
                                             [&](const Waiting& entry) { return entry.key == job.key; });
        const bool is_news = result.error.empty() || result.error != job.failure;
        const FileDone done = job.done;
        if (!result.error.empty() && !is_replaced) {
            job.failure = result.error;
            job.due = Clock::now() + job.back_off.next();
            waiting.push_back(std::move(job));
        }
        if (is_news && done) {
            results.emplace_back(done, std::move(result));
            if (wake && !over) {
                wake();
            }
        }
        changed.notify_all();
    }

    void run() {
        while (auto job = next()) {
            FileResult result{job->key, {}, {}};
            try {
                result.text = job->job();
            } catch (const std::exception& error) {
                result.error = error.what();
            }
            finished(std::move(*job), std::move(result));
        }
    }
};

ThreadedFileWriter::ThreadedFileWriter(std::function<void()> wake) : shared_(std::make_shared<Shared>()) {
    shared_->wake = std::move(wake);
    // Detached: a disk that hangs must not hold up the end of the program.
    run_detached([shared = shared_] { shared->run(); });
}

ThreadedFileWriter::~ThreadedFileWriter() {
    const std::lock_guard lock(shared_->mutex);
    shared_->over = true;
    shared_->wake = {};
    shared_->changed.notify_all();
}

bool ThreadedFileWriter::put(const std::string& key, FileJob job, FileDone done) {
    const std::lock_guard lock(shared_->mutex);
    auto& waiting = shared_->waiting;
    const auto known =
        std::find_if(waiting.begin(), waiting.end(), [&](const Waiting& entry) { return entry.key == key; });
    if (known != waiting.end()) { // newer state: tried in its turn, a failed one after its pause
        known->job = std::move(job);
        known->done = std::move(done);
    } else if (waiting.size() < max_waiting) {
        waiting.push_back({key, std::move(job), std::move(done), Clock::now(), {}, {}});
    } else {
        return false;
    }
    shared_->changed.notify_all();
    return true;
}

void ThreadedFileWriter::deliver() {
    std::vector<std::pair<FileDone, FileResult>> results;
    {
        const std::lock_guard lock(shared_->mutex);
        results.swap(shared_->results);
    }
    for (const auto& [done, result] : results) {
        done(result);
    }
}

std::vector<std::string> ThreadedFileWriter::failing() const {
    const std::lock_guard lock(shared_->mutex);
    std::vector<std::string> reasons;
    for (const Waiting& entry : shared_->waiting) {
        if (!entry.failure.empty()) {
            reasons.push_back(entry.failure);
        }
    }
    return reasons;
}

bool ThreadedFileWriter::finish(std::chrono::milliseconds limit) {
    std::unique_lock lock(shared_->mutex);
    shared_->finishing = true;
    for (Waiting& entry : shared_->waiting) {
        entry.failure.clear(); // once more each
    }
    shared_->changed.notify_all();
    const auto is_done = [&] {
        return shared_->running.empty() &&
               std::none_of(shared_->waiting.begin(), shared_->waiting.end(),
                            [](const Waiting& entry) { return entry.failure.empty(); });
    };
    const bool in_time = shared_->changed.wait_for(lock, limit, is_done);
    const bool all = shared_->waiting.empty();
    shared_->finishing = false;
    return in_time && all;
}

} // namespace gridbridge
