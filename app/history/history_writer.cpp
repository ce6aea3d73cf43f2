#include "app/history/history_writer.hpp"

#include "app/history/history_file.hpp"
#include "drivers/io/detached_thread.hpp"
#include "drivers/waist/guarded.hpp"

#include <exception>
#include <optional>
#include <utility>

#include <pthread.h>

namespace gridbridge {
namespace {

constexpr std::int64_t day_seconds = 86400;
constexpr std::int64_t ms = 1000;
constexpr std::chrono::hours expire_every(24);

struct Orders {
    std::uint64_t wanted = 0; // batches asked for
    std::uint64_t done = 0;
    bool is_last = false; // the next batch is
    bool is_over = false; // nobody waits any more
    std::string problem;
};

} // namespace

struct HistoryWriter::Shared {
    Shared(std::shared_ptr<HistoryMemory> given, HistoryWriterOptions chosen)
        : memory(std::move(given)), options(std::move(chosen)) {}

    std::shared_ptr<HistoryMemory> memory;
    const HistoryWriterOptions options;
    Guarded<Orders> orders;
    std::string said;                           // writer thread: the last problem in the log
    std::optional<Clock::time_point> expire_at; // writer thread
    bool is_known = false;                      // writer thread: the file was looked at
    std::uint64_t said_dropped = 0;             // writer thread

    void run();
    void attempt(bool is_last);
    void begin(HistoryFile& file);
    void write_all(HistoryFile& file);
    void expire(HistoryFile& file);
    void set_aside(const std::string& reason);
    void report(const std::string& problem);
    WallMs wall() const { return set_wall_clock(options.wall_clock()); }
    bool is_ending() const {
        return orders.with([](const Orders& now) { return now.is_last || now.is_over; });
    }
};

void HistoryWriter::Shared::run() {
    static_cast<void>(pthread_setname_np(pthread_self(), "history"));
    attempt(false); // also looks at the file
    auto due = Clock::now() + options.pause;
    for (bool is_last = false; !is_last;) {
        const auto is_asked = [](const Orders& now) { return now.is_over || now.wanted != now.done; };
        const auto [wanted, last, over] = orders.wait(due, {}, is_asked, [](const Orders& now) {
            return std::tuple(now.wanted, now.is_last, now.is_over);
        });
        if (over) {
            return;
        }
        is_last = last;
        attempt(is_last);
        due = Clock::now() + options.pause;
        orders.change([done = wanted](Orders& now) { now.done = done; });
    }
}

void HistoryWriter::Shared::attempt(bool is_last) {
    constexpr int most_attempts = 2; // the second with a new file in place of a broken one
    for (int i = 0; i < most_attempts; ++i) {
        try {
            HistoryFile file(options.path, HistoryFile::Use::Write);
            if (!is_known) {
                begin(file);
            }
            write_all(file);
            expire(file);
            file.checkpoint(is_last);
            report({});
            break;
        } catch (const HistoryFileError& error) {
            if (error.is_broken() && i + 1 < most_attempts) {
                set_aside(error.what());
                continue;
            }
            report(error.what());
            break;
        } catch (const std::exception& error) {
            report(options.path + ": " + error.what());
            break;
        }
    }
    if (options.after_batch) {
        options.after_batch();
    }
}

void HistoryWriter::Shared::begin(HistoryFile& file) {
    if (const std::string fault = file.fault([this] { return is_ending(); }); !fault.empty()) {
        throw HistoryFileError(options.path + ": " + fault, true);
    }
    memory->resume(file.counters());
    is_known = true;
}

void HistoryWriter::Shared::write_all(HistoryFile& file) {
    for (bool more = true; more;) {
        const HistoryBatch batch = memory->batch(wall());
        if (!batch.empty()) {
            file.write(batch);
            memory->written(batch);
            file.checkpoint(false);
        }
        more = !batch.is_last;
    }
}

// Once a day, and never while somebody waits for the end.
void HistoryWriter::Shared::expire(HistoryFile& file) {
    const auto now = wall();
    if (!now || is_ending() || (expire_at && Clock::now() < *expire_at)) {
        return;
    }
    expire_at = Clock::now() + expire_every;
    const std::int64_t seconds = *now / ms;
    file.expire(seconds - options.minute_days * day_seconds, seconds - options.quarter_days * day_seconds,
                [this] { return is_ending(); });
}

void HistoryWriter::Shared::set_aside(const std::string& reason) {
    try {
        const std::string name = set_history_aside(options.path, options.wall_clock() / ms);
        options.log(LogLevel::Error, "history",
                    reason + "; it is kept as " + name + ", and the history begins anew");
        is_known = true; // an empty one needs no look
    } catch (const std::exception& error) {
        report(error.what());
    }
}

void HistoryWriter::Shared::report(const std::string& problem) {
    if (problem != said) {
        if (!problem.empty()) {
            options.log(LogLevel::Warn, "history",
                        "not saved: " + problem + "; kept in memory and tried again");
        } else {
            options.log(LogLevel::Info, "history", "saved again");
        }
        said = problem;
    }
    if (const auto dropped = memory->dropped(); dropped != said_dropped && problem.empty()) {
        options.log(LogLevel::Warn, "history",
                    std::to_string(dropped - said_dropped) +
                        " rows were lost: the disk took none for too long");
        said_dropped = dropped;
    }
    orders.with([&](Orders& now) { now.problem = problem; });
}

HistoryWriter::HistoryWriter(std::shared_ptr<HistoryMemory> memory, HistoryWriterOptions options)
    : shared_(std::make_shared<Shared>(std::move(memory), std::move(options))) {
    // Detached: a disk that hangs must not hold up the end of the program.
    run_detached([shared = shared_] { shared->run(); });
}

HistoryWriter::~HistoryWriter() {
    shared_->orders.change([](Orders& now) { now.is_over = true; });
}

bool HistoryWriter::flush(std::chrono::milliseconds limit) {
    return ask(limit, false);
}

bool HistoryWriter::finish(std::chrono::milliseconds limit) {
    return ask(limit, true);
}

// Both at once: a writer that saw only that it is the last one would end without an answer.
bool HistoryWriter::ask(std::chrono::milliseconds limit, bool is_last) {
    std::uint64_t mine = 0;
    shared_->orders.change([&](Orders& now) {
        mine = ++now.wanted;
        now.is_last = now.is_last || is_last;
    });
    const auto is_done = [mine](const Orders& now) { return now.done >= mine; };
    return shared_->orders.wait(Clock::now() + limit, {}, is_done,
                                [&](const Orders& now) { return is_done(now) && now.problem.empty(); });
}

std::string HistoryWriter::problem() const {
    return shared_->orders.with([](const Orders& now) { return now.problem; });
}

} // namespace gridbridge
