// A folder of files of one run, in memory where that can be.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string>

namespace gridbridge::mill {

class StateFolder {
  public:
    explicit StateFolder(bool is_wanted) {
        if (is_wanted) {
            std::string name =
                (std::filesystem::exists("/dev/shm") ? std::filesystem::path("/dev/shm")
                                                     : std::filesystem::temp_directory_path()) /
                "gridbridge-mill-XXXXXX";
            if (mkdtemp(name.data()) == nullptr) {
                throw std::runtime_error("cannot make " + name);
            }
            path_ = name;
        }
    }
    StateFolder(const StateFolder&) = delete;
    StateFolder& operator=(const StateFolder&) = delete;
    ~StateFolder() {
        if (!path_.empty()) {
            std::filesystem::remove_all(path_);
        }
    }
    const std::string& path() const { return path_; }

  private:
    std::string path_;
};

} // namespace gridbridge::mill
