// Where a queue keeps its bytes: some files of one folder, or memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace gridbridge {

// Names are made by the queue. Everything that fails throws std::runtime_error (path, reason, fix). What was
// written survives the end of the process at once, that of the machine after sync() or replace().
class QueueStore {
  public:
    QueueStore() = default;
    QueueStore(const QueueStore&) = delete;
    QueueStore& operator=(const QueueStore&) = delete;
    virtual ~QueueStore() = default;

    virtual std::vector<std::string> names() = 0;
    // At most `most` bytes from `from` on; fewer at the end of the file, none of one that is not there.
    virtual std::string read(const std::string& name, std::uint64_t from, std::size_t most) = 0;
    // All bytes at `from`, or none that count: the caller does not go on after what failed.
    virtual void write(const std::string& name, std::uint64_t from, std::string_view bytes) = 0;
    virtual void cut(const std::string& name, std::uint64_t size) = 0;
    virtual void remove(const std::string& name) = 0;
    virtual void sync(const std::string& name) = 0;
    // The file has this text or the one before, whatever happens.
    virtual void replace(const std::string& name, const std::string& text) = 0;
};

// The folder is made if it is not there. Nobody else may use it: it is locked while the store lives; who has
// to wait for that gets an error.
std::unique_ptr<QueueStore> make_disk_store(const std::string& folder);
std::unique_ptr<QueueStore> make_memory_store();

} // namespace gridbridge
