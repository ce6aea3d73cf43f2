#include "app/recording/packing.hpp"

#include "app/recording/recording_folder.hpp"

#include <cerrno>
#include <cstdio>
#include <stdexcept>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

namespace gridbridge {
namespace {

constexpr std::size_t packed_at_once = std::size_t{64} * 1024;

} // namespace

int write_whole(const Descriptor& file, std::span<const std::uint8_t> bytes) {
    while (!bytes.empty()) {
        const ssize_t written = ::write(file.get(), bytes.data(), bytes.size());
        if (written < 0 && errno != EINTR) {
            return errno;
        }
        bytes = bytes.subspan(written < 0 ? 0 : static_cast<std::size_t>(written));
    }
    return 0;
}

Packing::Packing(std::string path)
    : path_(std::move(path)), from_(::open(path_.c_str(), O_RDONLY | O_CLOEXEC)) {
    const std::string unfinished = path_ + unfinished_suffix;
    to_.reset(::open(unfinished.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640));
    if (!to_.is_open()) {
        throw std::runtime_error(ring_problem(unfinished, errno));
    }
}

Packing::~Packing() {
    if (to_.is_open()) {
        ::unlink((path_ + unfinished_suffix).c_str());
    }
}

bool Packing::step() {
    Bytes part(packed_at_once);
    const ssize_t got = ::read(from_.get(), part.data(), part.size());
    if (got < 0) {
        return errno == EINTR;
    }
    part.resize(static_cast<std::size_t>(got));
    Bytes packed;
    packer_.pack(part, part.empty(), packed);
    const std::string unfinished = path_ + unfinished_suffix;
    if (const int error = write_whole(to_, packed); error != 0) {
        throw std::runtime_error(ring_problem(unfinished, error));
    }
    if (!part.empty()) {
        return true;
    }
    // Whole before it has its name: the power may go at any time, and the other one goes next.
    if (::fdatasync(to_.get()) != 0 || ::rename(unfinished.c_str(), (path_ + packed_suffix).c_str()) != 0) {
        throw std::runtime_error(ring_problem(unfinished, errno));
    }
    to_.reset();
    ::unlink(path_.c_str());
    return false;
}

} // namespace gridbridge
