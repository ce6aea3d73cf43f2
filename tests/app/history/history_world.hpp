// Meters that fill a history in simulated time.
#pragma once

#include "app/history/history_file.hpp"
#include "mqtt/history/history_memory.hpp"

#include <array>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <limits>
#include <string>

namespace gridbridge {

inline constexpr std::int64_t world_begin = 1'764'460'800; // midnight, UTC

class TestFolder {
  public:
    TestFolder() {
        std::string name = std::filesystem::temp_directory_path() / "gridbridge-history-XXXXXX";
        path_ = ::mkdtemp(name.data());
    }
    TestFolder(const TestFolder&) = delete;
    TestFolder& operator=(const TestFolder&) = delete;
    ~TestFolder() { std::filesystem::remove_all(path_); }
    std::string path(const std::string& name) const { return path_ + "/" + name; }

  private:
    std::string path_;
};

// A reading a minute for each meter: three phases, up to 17 kW, import and export.
class HistoryWorld {
  public:
    explicit HistoryWorld(std::size_t meters, std::int64_t begin = world_begin, double import_kwh = 0)
        : meters_(meters), time_(begin), import_(import_kwh) {}

    void pass_minute() {
        for (std::size_t i = 0; i < meters_; ++i) {
            const double watts = watts_of(i, time_);
            import_ += watts > 0 ? watts / 60 / 1000 : 0;
            HistoryReading reading;
            for (const double part : {0.2, 0.9}) { // two readings
                const auto swing = static_cast<float>(watts * part);
                reading.values = {swing * 3,
                                  swing,
                                  swing * 1.5F,
                                  swing * 0.5F,
                                  229.0F + static_cast<float>(part),
                                  231.5F,
                                  233.0F - static_cast<float>(part)};
                reading.kwh = {1000 + import_, 500 + import_ / 2};
                memory.take(serial(i), steady_, set_wall_clock(time_ * 1000 + (part > 0.5 ? 30000 : 0)),
                            reading);
            }
        }
        time_ += 60;
        steady_ += std::chrono::minutes(1);
    }
    void skip(std::int64_t seconds) {
        time_ += seconds;
        steady_ += std::chrono::seconds(seconds);
    }
    static double watts_of(std::size_t meter, std::int64_t time) {
        return 200 + static_cast<double>((time / 60 * 7919 + static_cast<std::int64_t>(meter) * 131) % 5500);
    }
    static std::string serial(std::size_t meter) { return "BX01200640" + std::to_string(100 + meter) + "P"; }
    std::int64_t time() const { return time_; }
    double import_kwh() const { return import_; }
    WallMs wall() const { return set_wall_clock(time_ * 1000); }

    HistoryMemory memory;

  private:
    std::size_t meters_;
    std::int64_t time_;
    double import_;
    Clock::time_point steady_{std::chrono::hours(1)};
};

inline std::size_t minutes_in(HistoryFile& file, const std::string& serial, std::int64_t to) {
    std::size_t count = 0;
    file.minutes(serial, 0, to, [&](const MinuteRow&) { ++count; });
    return count;
}

} // namespace gridbridge
