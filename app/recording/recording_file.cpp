#include "app/recording/recording_file.hpp"

#include "app/recording/recording_folder.hpp"

#include <cerrno>
#include <stdexcept>
#include <system_error>
#include <utility>

#include <unistd.h>

namespace gridbridge {
namespace {

constexpr std::size_t read_at_once = std::size_t{64} * 1024;

[[noreturn]] void fail(const std::string& path, const std::string& reason, const std::string& fix) {
    throw std::runtime_error(path + ": " + reason + "; " + fix);
}

} // namespace

RecordingFile::RecordingFile(std::string path) : path_(std::move(path)), file_(open_recording(path_)) {
    if (!file_.is_open()) {
        fail(path_, std::generic_category().message(errno), "name a recording that you may read");
    }
    while (!reader_.head() && read_more()) {
    }
    if (!reader_.head()) {
        const std::string reason = problem();
        fail(path_, reason.empty() ? "is empty" : reason, "name a file that gridbridge has recorded");
    }
}

std::optional<Record> RecordingFile::next() {
    auto record = reader_.next();
    while (!record && read_more()) {
        record = reader_.next();
    }
    return record;
}

std::string RecordingFile::problem() const {
    if (!damage_.empty()) {
        return damage_;
    }
    if (!reader_.problem().empty()) {
        return reader_.problem();
    }
    if (is_over_ && reader_.unread_bytes() > 0) {
        return "ends in the middle: its last " + std::to_string(reader_.unread_bytes()) +
               " bytes were left out";
    }
    return {};
}

bool RecordingFile::read_more() {
    if (is_over_) {
        return false;
    }
    if (packed_.empty()) {
        Bytes part = read_part();
        if (!part.empty() && !unpacker_ && !reader_.head() && begins_zstd(part)) {
            unpacker_.emplace();
        }
        is_over_ = part.empty();
        if (unpacker_) {
            packed_ = std::move(part);
        } else {
            reader_.feed(part);
        }
    }
    if (unpacker_ && !packed_.empty()) {
        unpack();
    }
    is_over_ = is_over_ || !damage_.empty() || !reader_.problem().empty();
    if (is_over_) {
        reader_.finish();
    }
    return true; // also the last time: records that waited have their turn now
}

void RecordingFile::unpack() {
    Bytes out;
    std::span<const std::uint8_t> rest(packed_);
    try {
        unpacker_->unpack(rest, out);
    } catch (const std::runtime_error& error) {
        damage_ = error.what();
    }
    reader_.feed(out);
    packed_.erase(packed_.begin(), packed_.end() - static_cast<std::ptrdiff_t>(rest.size()));
}

Bytes RecordingFile::read_part() {
    Bytes part(read_at_once);
    ssize_t got = 0;
    do {
        got = ::read(file_.get(), part.data(), part.size());
    } while (got < 0 && errno == EINTR);
    if (got < 0) {
        fail(path_, std::generic_category().message(errno), "try a copy of it");
    }
    part.resize(static_cast<std::size_t>(got));
    return part;
}

} // namespace gridbridge
