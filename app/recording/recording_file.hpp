// A recording on disk, read from its beginning to its end.
#pragma once

#include "app/recording/recording_reader.hpp"
#include "app/recording/zstd_stream.hpp"
#include "drivers/io/descriptor.hpp"

#include <optional>
#include <string>

namespace gridbridge {

// A .pcapng file, or a compressed one; by its content, not by its name. Its memory is bounded, however large
// the file is unpacked. One thread; waits for the disk.
class RecordingFile {
  public:
    // Reads as far as the head; of a file that was compressed since it was named, too. Throws
    // std::runtime_error (path, reason, fix): it cannot be read, or is no recording.
    explicit RecordingFile(std::string path);

    // Nothing: the end, or what is behind cannot be read; see problem(). Throws as above.
    std::optional<Record> next();

    const RecordedHead& head() const { return *reader_.head(); }
    // Those known so far; one is described before its first record.
    const std::map<unsigned, RecordedConnection>& connections() const { return reader_.connections(); }
    // After the last record: why there is no more, for people; empty: this is all. A file that ends within a
    // block or within what is compressed, as after a power cut, has more to tell here, and all before it was
    // read.
    std::string problem() const;

  private:
    bool read_more(); // false: there is none
    Bytes read_part();
    void unpack();

    std::string path_;
    Descriptor file_;
    std::optional<ZstdUnpacker> unpacker_;
    Bytes packed_;
    RecordingReader reader_;
    std::string damage_;
    bool is_over_ = false;
};

} // namespace gridbridge
