#include "app/recording/recording_files.hpp"

#include "app/recording/recording_ring.hpp"
#include "drivers/io/detached_thread.hpp"
#include "drivers/waist/guarded.hpp"

#include <tuple>
#include <utility>
#include <variant>

#include <pthread.h>

namespace gridbridge {
namespace {

using Entry = std::variant<Record, RecordedConnection>;

struct Queue {
    std::vector<Entry> entries;
    std::size_t bytes = 0;
    std::uint64_t unsaid = 0; // records left out since the last entry
    std::uint64_t left_out = 0;
    std::uint64_t wanted = 0; // flushes asked for
    std::uint64_t done = 0;
    bool is_last = false; // the next flush is
    bool is_over = false; // nobody waits any more
    RecordingState state;
};

std::size_t weight_in_queue(const Record& record) {
    return sizeof(Entry) + record.bytes.capacity() + record.text.capacity();
}

Record note_of(std::uint64_t left_out, Clock::time_point at) {
    Record note;
    note.at = at;
    note.text = std::to_string(left_out) + " records were left out here: the disk was too slow";
    return note;
}

} // namespace

struct RecordingFiles::Shared {
    explicit Shared(RecordingFilesOptions chosen) : options(std::move(chosen)), ring(options) {}

    const RecordingFilesOptions options;
    Guarded<Queue> queue;
    RecordingRing ring; // writer thread

    void run();
    void take(const std::vector<Entry>& entries);
    void tell(std::uint64_t done);
};

void RecordingFiles::Shared::run() {
    static_cast<void>(pthread_setname_np(pthread_self(), "recording"));
    bool has_more = true; // leftovers of an earlier run
    for (bool is_last = false; !is_last;) {
        const auto due = Clock::now() + (has_more ? std::chrono::milliseconds(0) : options.flush_every);
        const auto is_ready = [this](const Queue& now) {
            return now.is_over || now.wanted != now.done || now.bytes > options.max_queued / 2;
        };
        auto [entries, wanted, last, is_over] = queue.wait(due, {}, is_ready, [](Queue& now) {
            now.bytes = 0;
            return std::tuple(std::exchange(now.entries, {}), now.wanted, now.is_last, now.is_over);
        });
        if (is_over) {
            return;
        }
        is_last = last;
        take(entries);
        ring.flush(Clock::now());
        if (is_last) {
            ring.finish(Clock::now());
        }
        tell(wanted);
        has_more = !is_last && ring.pack(Clock::now());
    }
}

void RecordingFiles::Shared::take(const std::vector<Entry>& entries) {
    for (const Entry& entry : entries) {
        if (const auto* const record = std::get_if<Record>(&entry)) {
            ring.add(*record, Clock::now());
        } else {
            ring.add(std::get<RecordedConnection>(entry));
        }
    }
}

void RecordingFiles::Shared::tell(std::uint64_t done) {
    queue.change([&](Queue& now) {
        now.done = done;
        now.state = {ring.records(), ring.left_out(), ring.file(), ring.problem()};
    });
}

RecordingFiles::RecordingFiles(RecordingFilesOptions options)
    : shared_(std::make_shared<Shared>(std::move(options))) {
    // Detached: a disk that hangs must not hold up the end of the program.
    run_detached([shared = shared_] { shared->run(); });
}

RecordingFiles::~RecordingFiles() {
    shared_->queue.change([](Queue& now) { now.is_over = true; });
}

void RecordingFiles::add(const RecordedConnection& connection) {
    shared_->queue.with([&](Queue& now) { now.entries.emplace_back(connection); });
}

void RecordingFiles::offer(Record record) noexcept {
    const std::size_t weight = weight_in_queue(record);
    bool is_half_full = false;
    shared_->queue.with([&](Queue& now) {
        if (now.bytes + weight > shared_->options.max_queued) {
            ++now.unsaid;
            ++now.left_out;
            return;
        }
        try {
            if (now.unsaid > 0) {
                now.entries.emplace_back(note_of(now.unsaid, record.at));
                now.unsaid = 0;
            }
            now.entries.emplace_back(std::move(record));
            is_half_full = now.bytes <= shared_->options.max_queued / 2;
            now.bytes += weight;
            is_half_full = is_half_full && now.bytes > shared_->options.max_queued / 2;
        } catch (const std::exception&) { // no memory
            ++now.unsaid;
            ++now.left_out;
        }
    });
    if (is_half_full) {
        shared_->queue.change([](Queue&) {});
    }
}

bool RecordingFiles::flush(std::chrono::milliseconds limit) {
    return ask(limit, false);
}

bool RecordingFiles::finish(std::chrono::milliseconds limit) {
    return ask(limit, true);
}

// Both at once: a writer that saw only that it is the last one would end without an answer.
bool RecordingFiles::ask(std::chrono::milliseconds limit, bool is_last) {
    std::uint64_t mine = 0;
    shared_->queue.change([&](Queue& now) {
        mine = ++now.wanted;
        now.is_last = now.is_last || is_last;
    });
    const auto is_done = [mine](const Queue& now) { return now.done >= mine; };
    return shared_->queue.wait(Clock::now() + limit, {}, is_done,
                               [&](const Queue& now) { return is_done(now) && now.state.problem.empty(); });
}

RecordingState RecordingFiles::state() const {
    return shared_->queue.with([](const Queue& now) {
        RecordingState state = now.state;
        state.left_out += now.left_out;
        return state;
    });
}

} // namespace gridbridge
