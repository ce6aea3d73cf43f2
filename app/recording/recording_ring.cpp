#include "app/recording/recording_ring.hpp"

#include "app/recording/recording_folder.hpp"

#include <algorithm>
#include <cerrno>
#include <stdexcept>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

namespace gridbridge {
namespace {

constexpr std::uint64_t files_in_ring = 16;
constexpr std::size_t written_at_once = std::size_t{256} * 1024;

} // namespace

void RecordingRing::add(const RecordedConnection& connection) {
    connections_[connection.number] = connection;
    beginnings_.add(connection);
    if (writer_) {
        writer_->add(connection);
    }
}

void RecordingRing::add(const Record& record, Clock::time_point now) {
    if (record.kind == Record::Kind::ClockSet && !writer_) {
        head_.wall_minus_monotonic_ns = record.number;
    }
    const bool is_open = open(record.at, now);
    beginnings_.see(record);
    if (!is_open) {
        ++left_out_;
        ++unsaid_;
        return;
    }
    if (unsaid_ > 0) {
        Record note;
        note.at = record.at;
        note.text = std::to_string(std::exchange(unsaid_, 0)) + " records were left out here";
        writer_->add(note);
    }
    if (writer_->add(record)) {
        ++unwritten_;
    } else {
        ++left_out_;
        ++unsaid_;
    }
    if (record.kind == Record::Kind::ClockSet) {
        head_.wall_minus_monotonic_ns = record.number; // of the files to come
    }
    if (writer_->size() - written_ >=
        std::min<std::uint64_t>(written_at_once, options_.total_bytes / files_in_ring)) {
        flush(now);
    }
}

bool RecordingRing::open(Clock::time_point first, Clock::time_point now) {
    if (writer_) {
        return true;
    }
    if (retry_at_ && now < *retry_at_) {
        return false;
    }
    try {
        make_file(first, now);
        return true;
    } catch (const std::exception& error) {
        fail(error.what(), now);
        return false;
    }
}

void RecordingRing::make_file(Clock::time_point first, Clock::time_point now) {
    make_ring_folder(options_.directory);
    if (!next_number_) {
        remove_unfinished(options_.directory);
        const auto files = ring_files(options_.directory);
        next_number_ = files.empty() ? 1 : files.back().number + 1;
        for (const RingFile& file : files) {
            const std::string path = options_.directory + "/" + file.name;
            if (!file.is_packed && file.size > 0) {
                to_pack_.push_back(path);
            } else if (file.size == 0) {
                ::unlink(path.c_str()); // the process was killed before its first write
            }
        }
    }
    // Room for this file, and for one that is compressed and still there.
    make_ring_room(options_.directory, options_.total_bytes - options_.total_bytes / files_in_ring * 2, {});
    const std::string path = options_.directory + "/" + ring_file_name(options_.wall_clock(), *next_number_);
    file_.reset(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0640));
    if (!file_.is_open()) {
        throw std::runtime_error(ring_problem(path, errno));
    }
    path_ = path;
    ++*next_number_;
    opened_at_ = now;
    written_ = 0;
    in_file_ = 0;
    writer_.emplace(head_);
    for (const auto& [number, connection] : connections_) {
        writer_->add(connection);
    }
    beginnings_.each(first, [this](const Record& record) { writer_->add(record); });
    write();
}

void RecordingRing::write() {
    const Bytes bytes = writer_->take();
    if (const int error = write_whole(file_, bytes); error != 0) {
        // What is there of a block that is not whole is of no use.
        static_cast<void>(::ftruncate(file_.get(), static_cast<off_t>(written_)));
        const std::string problem = ring_problem(path_, error);
        throw std::runtime_error(problem);
    }
    written_ += bytes.size();
    if (unwritten_ == 0) {
        return; // a full disk may have room for the head of a file
    }
    in_file_ += unwritten_;
    records_ += std::exchange(unwritten_, 0);
    retry_at_.reset();
    if (!std::exchange(problem_, {}).empty()) {
        options_.on_problem({});
    }
}

void RecordingRing::flush(Clock::time_point now) {
    if (!writer_) {
        return;
    }
    try {
        writer_->flush(now);
        write();
        if (written_ >= options_.total_bytes / files_in_ring || now - opened_at_ >= options_.file_at_most) {
            close();
        }
    } catch (const std::exception& error) {
        fail(error.what(), now);
    }
}

void RecordingRing::finish(Clock::time_point now) {
    if (!writer_) {
        return;
    }
    try {
        close();
    } catch (const std::exception& error) {
        fail(error.what(), now);
    }
}

void RecordingRing::close() {
    writer_->finish();
    write();
    file_.reset();
    writer_.reset();
    to_pack_.push_back(std::exchange(path_, {}));
}

bool RecordingRing::pack(Clock::time_point now) {
    if (retry_at_ && now < *retry_at_) {
        return false;
    }
    try {
        if (!packing_ && !to_pack_.empty()) {
            packing_.emplace(to_pack_.front());
        }
        if (packing_ && !packing_->step()) {
            packing_.reset();
            to_pack_.pop_front();
            make_ring_room(options_.directory, options_.total_bytes - options_.total_bytes / files_in_ring,
                           path_.substr(path_.rfind('/') + 1));
        }
    } catch (const std::exception& error) {
        packing_.reset();
        fail(error.what(), now);
    }
    return packing_ || (!to_pack_.empty() && problem_.empty());
}

void RecordingRing::fail(const std::string& problem, Clock::time_point now) {
    if (writer_) {
        file_.reset();
        writer_.reset();
        if (in_file_ == 0) {
            ::unlink(path_.c_str());
        } else {
            to_pack_.push_back(path_);
        }
        path_.clear();
    }
    left_out_ += unwritten_;
    unsaid_ += std::exchange(unwritten_, 0);
    retry_at_ = now + options_.retry;
    if (std::exchange(problem_, problem).empty()) {
        options_.on_problem(problem);
    }
}

} // namespace gridbridge
