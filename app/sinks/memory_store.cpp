#include "app/sinks/queue_store.hpp"

#include <map>

namespace gridbridge {
namespace {

class MemoryStore final : public QueueStore {
  public:
    std::vector<std::string> names() override {
        std::vector<std::string> all;
        for (const auto& [name, bytes] : files_) {
            all.push_back(name);
        }
        return all;
    }
    std::string read(const std::string& name, std::uint64_t from, std::size_t most) override {
        const auto file = files_.find(name);
        return file == files_.end() || from >= file->second.size() ? std::string()
                                                                   : file->second.substr(place(from), most);
    }
    void write(const std::string& name, std::uint64_t from, std::string_view bytes) override {
        std::string& file = files_[name];
        file.resize(place(from));
        file += bytes;
    }
    void cut(const std::string& name, std::uint64_t size) override { files_[name].resize(place(size)); }
    void remove(const std::string& name) override { files_.erase(name); }
    void sync(const std::string& /*name*/) override {}
    void replace(const std::string& name, const std::string& text) override { files_[name] = text; }

  private:
    // What is in memory has a place that fits.
    static std::size_t place(std::uint64_t offset) { return static_cast<std::size_t>(offset); }

    std::map<std::string, std::string> files_;
};

} // namespace

std::unique_ptr<QueueStore> make_memory_store() {
    return std::make_unique<MemoryStore>();
}

} // namespace gridbridge
