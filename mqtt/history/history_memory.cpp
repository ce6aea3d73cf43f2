#include "mqtt/history/history_memory.hpp"

#include <algorithm>

namespace gridbridge {
namespace {

constexpr std::int64_t ms_per_second = 1000;

template <typename Row>
void add_in_order(std::vector<Row>& rows, const Row& row) {
    const auto place = std::lower_bound(rows.begin(), rows.end(), row,
                                        [](const Row& a, const Row& b) { return a.time < b.time; });
    if (place != rows.end() && place->time == row.time) {
        *place = merged(*place, row);
    } else {
        rows.insert(place, row);
    }
}

template <typename Row>
void add_within(std::vector<Row>& rows, const Row& row, std::int64_t from, std::int64_t to) {
    if (row.time >= from && row.time < to) {
        add_in_order(rows, row);
    }
}

} // namespace

WallMs set_wall_clock(std::int64_t unix_ms) {
    constexpr std::int64_t year_2020 = 1'577'836'800'000;
    return unix_ms < year_2020 ? std::nullopt : WallMs(unix_ms);
}

template <typename Row>
void HistoryMemory::Waiting<Row>::add(std::size_t meter, const Row& row, std::size_t most,
                                      std::uint64_t& dropped) {
    rows.emplace_back(meter, row);
    while (rows.size() > most) {
        rows.pop_front();
        ++first;
        ++dropped;
    }
}

template <typename Row>
void HistoryMemory::Waiting<Row>::drop_until(std::uint64_t end) {
    while (!rows.empty() && first < end) {
        rows.pop_front();
        ++first;
    }
}

template <typename Row>
std::vector<std::pair<std::size_t, Row>> HistoryMemory::Waiting<Row>::oldest(std::size_t most) const {
    const auto count = static_cast<std::ptrdiff_t>(std::min(most, rows.size()));
    return {rows.begin(), rows.begin() + count};
}

HistoryMemory::MeterPast& HistoryMemory::State::past_of(const std::string& serial) {
    const auto [found, is_new] = meters.try_emplace(serial);
    if (is_new) {
        found->second.number = serials.size();
        serials.push_back(serial);
        if (const auto before = earlier.find(serial); before != earlier.end()) {
            std::vector<QuarterRow> none;
            found->second.energy.resume(before->second, none);
            found->second.saved = before->second;
            earlier.erase(before);
        }
    }
    return found->second;
}

void HistoryMemory::State::add(std::size_t meter, const std::optional<MinuteRow>& row) {
    if (row) {
        minutes.add(meter, *row, most_waiting_minutes, dropped);
    }
}

void HistoryMemory::State::add(std::size_t meter, const std::vector<QuarterRow>& rows) {
    for (const QuarterRow& row : rows) {
        quarters.add(meter, row, most_waiting_quarters, dropped);
    }
}

void HistoryMemory::take(const std::string& serial, Clock::time_point now, WallMs wall,
                         const HistoryReading& reading) {
    state_.with([&](State& state) {
        MeterPast& past = state.past_of(serial);
        past.curve.take(now, reading.values, points_per_meter(state.meters.size()));
        if (!wall) {
            return;
        }
        state.add(past.number, past.minute.take(*wall / ms_per_second / minute_seconds, reading.values));
        const double seconds = static_cast<double>(*wall) / static_cast<double>(ms_per_second);
        std::vector<QuarterRow> finished;
        past.energy.take({on_meter_clock(seconds, reading.meter_second), now, reading.kwh}, finished);
        state.add(past.number, finished);
    });
}

void HistoryMemory::lose(const std::string& serial, Clock::time_point now) {
    state_.with([&](State& state) {
        const auto found = state.meters.find(serial);
        if (found != state.meters.end()) {
            HistoryValues unknown;
            unknown.fill(std::numeric_limits<float>::quiet_NaN());
            found->second.curve.take(now, unknown, points_per_meter(state.meters.size()));
        }
    });
}

void HistoryMemory::resume(const std::vector<std::pair<std::string, CountersAt>>& counters) {
    state_.with([&](State& state) {
        for (const auto& [serial, before] : counters) {
            const auto found = state.meters.find(serial);
            if (found == state.meters.end()) {
                state.earlier.emplace(serial, before);
                continue;
            }
            std::vector<QuarterRow> finished;
            found->second.energy.resume(before, finished);
            found->second.saved = before;
            state.add(found->second.number, finished);
        }
    });
}

HistoryBatch HistoryMemory::batch(WallMs wall) {
    return state_.with([&](State& state) {
        for (auto& [serial, past] : state.meters) {
            if (wall && past.minute.minute() < *wall / ms_per_second / minute_seconds) {
                state.add(past.number, past.minute.finish());
            }
        }
        HistoryBatch batch;
        batch.serials = state.serials;
        batch.minutes = state.minutes.oldest(most_batch_rows);
        batch.quarters = state.quarters.oldest(most_batch_rows);
        batch.minutes_end = state.minutes.first + batch.minutes.size();
        batch.quarters_end = state.quarters.first + batch.quarters.size();
        batch.is_last = batch.minutes.size() == state.minutes.rows.size() &&
                        batch.quarters.size() == state.quarters.rows.size();
        for (const auto& [serial, past] : state.meters) {
            if (batch.is_last && past.energy.counters() && past.energy.counters() != past.saved) {
                batch.counters.emplace_back(past.number, *past.energy.counters());
            }
        }
        return batch;
    });
}

void HistoryMemory::written(const HistoryBatch& batch) {
    state_.with([&](State& state) {
        state.minutes.drop_until(batch.minutes_end);
        state.quarters.drop_until(batch.quarters_end);
        for (const auto& [meter, counters] : batch.counters) {
            state.meters.find(state.serials.at(meter))->second.saved = counters;
        }
    });
}

void HistoryMemory::finish_minutes() {
    state_.with([](State& state) {
        for (auto& [serial, past] : state.meters) {
            state.add(past.number, past.minute.finish());
        }
    });
}

std::uint64_t HistoryMemory::dropped() const {
    return state_.with([](const State& state) { return state.dropped; });
}

std::vector<RecentPoint> HistoryMemory::recent(std::string_view serial, Clock::time_point now) const {
    return state_.with([&](const State& state) {
        const auto found = state.meters.find(serial);
        return found == state.meters.end() ? std::vector<RecentPoint>() : found->second.curve.points(now);
    });
}

std::vector<MinuteRow> HistoryMemory::minutes(std::string_view serial, std::int64_t from,
                                              std::int64_t to) const {
    return state_.with([&](const State& state) {
        std::vector<MinuteRow> rows;
        const auto found = state.meters.find(serial);
        if (found != state.meters.end()) {
            for (const auto& [meter, row] : state.minutes.rows) {
                if (meter == found->second.number) {
                    add_within(rows, row, from, to);
                }
            }
            if (const auto running = found->second.minute.running()) {
                add_within(rows, *running, from, to);
            }
        }
        return rows;
    });
}

std::vector<QuarterRow> HistoryMemory::quarters(std::string_view serial, std::int64_t from,
                                                std::int64_t to) const {
    return state_.with([&](const State& state) {
        std::vector<QuarterRow> rows;
        const auto found = state.meters.find(serial);
        if (found != state.meters.end()) {
            for (const auto& [meter, row] : state.quarters.rows) {
                if (meter == found->second.number) {
                    add_within(rows, row, from, to);
                }
            }
            const auto running = found->second.energy.running();
            if (running && (running->import_wh || running->export_wh)) {
                add_within(rows, *running, from, to);
            }
        }
        return rows;
    });
}

bool HistoryMemory::knows(std::string_view serial) const {
    return state_.with([&](const State& state) { return state.meters.contains(serial); });
}

std::vector<std::string> HistoryMemory::serials() const {
    return state_.with([](const State& state) { return state.serials; });
}

} // namespace gridbridge
