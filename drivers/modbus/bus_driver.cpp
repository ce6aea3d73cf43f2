#include "drivers/modbus/bus_driver.hpp"

#include "drivers/io/back_off.hpp"
#include "drivers/io/stop_wait.hpp"
#include "drivers/modbus/line/line_transport.hpp"
#include "drivers/modbus/meter_session.hpp"

#include <algorithm>
#include <string>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;

// With no meter present for this many attempts the line is opened anew: a half-dead connection heals.
constexpr std::size_t fruitless_turns = 5;

// While the values of a meter are not stale: a connection that is back in time goes unnoticed.
constexpr auto hasty_reopening = 250ms;

// How the line is opened anew. Patient: for inverters, of which many take one TCP connection, close it when
// they like and are away at night.
struct Reopening {
    std::size_t fruitless_turns = 0;
    bool at_loss = false; // as soon as the last meter is lost
    bool is_patient = false;
};

Reopening reopening_of(const BusMeters& meters) {
    const bool all_chains = std::all_of(meters.begin(), meters.end(), [](const auto& served) {
        return driver_row(served.second.driver).has_chain;
    });
    const bool is_patient = all_chains && meters.front().second.transport != Transport::Rtu;
    return is_patient ? Reopening{3, true, true} : Reopening{fruitless_turns * meters.size(), false, false};
}

std::string connection_of(const MeterConfig& meter) {
    return meter.transport == Transport::Rtu ? meter.path : meter.host + ':' + std::to_string(meter.port);
}

class BusDriver final : public Driver {
  public:
    BusDriver(BusMeters meters, std::unique_ptr<ModbusTransport> line, Handoff& handoff, Orders& orders,
              const Log& log, std::optional<double> share)
        : line_(std::move(line)), log_(log), connection_(connection_of(meters.front().second)),
          reopening_(reopening_of(meters)) {
        const Neighbours neighbours{meters.size() == 1, share};
        sessions_.reserve(meters.size());
        for (auto& [source, meter] : meters) {
            sessions_.push_back(
                std::make_unique<MeterSession>(source, std::move(meter), neighbours, handoff, orders, log_));
        }
    }

    void run(std::stop_token stop) override {
        auto pause = 0s;
        while (wait_until(
            Clock::now() + (present_count() > 0 ? std::min<Clock::duration>(pause, hasty_reopening) : pause),
            stop)) {
            try {
                pause = reopening_.is_patient ? back_off_.next() : std::min(pause + 1s, 2s);
                line_->open(stop);
                serve(stop, pause);
                pause = reopening_.is_patient ? pause : 0s;
            } catch (const Stopped&) {
                break;
            } catch (const std::exception& error) { // LinkLost; anything else must not end the thread either
                for (const auto& session : sessions_) {
                    session->link_lost(error.what());
                }
            }
            line_->close();
        }
        line_->close();
    }

    std::string connection() const override { return connection_; }

  private:
    // Returns when the line should be opened anew. `pause` goes to its start once a meter has answered.
    void serve(const std::stop_token& stop, std::chrono::seconds& pause) {
        std::size_t fruitless = 0;
        while (fruitless < reopening_.fruitless_turns) {
            const bool all_lost = present_count() == 0;
            MeterSession& session = next_session(all_lost);
            if (!wait_until(session.due(all_lost), stop)) {
                throw Stopped();
            }
            const bool was_present = session.is_present();
            const bool good = session.turn(*line_, stop);
            if (was_present) {
                owed_ -= owed_ > 0 ? 1 : 0;
            } else if (!good) {
                owed_ = present_count();
            }
            fruitless = good || !all_lost ? 0 : fruitless + 1;
            if (good) {
                pause = 1s;
                back_off_.reset();
            }
            if (reopening_.at_loss && !all_lost && present_count() == 0) {
                return;
            }
        }
    }

    std::size_t present_count() const {
        return static_cast<std::size_t>(std::count_if(
            sessions_.begin(), sessions_.end(), [](const auto& session) { return session->is_present(); }));
    }

    // Round robin among those that are due, else the one due first. After an attempt in vain every present
    // meter that is due comes first: dead units must not be asked in a row.
    MeterSession& next_session(bool all_lost) {
        const auto now = Clock::now();
        std::size_t best = last_;
        auto best_due = Clock::time_point::max();
        bool best_goes_first = false;
        for (std::size_t step = 1; step <= sessions_.size(); ++step) {
            const std::size_t candidate = (last_ + step) % sessions_.size();
            const MeterSession& session = *sessions_[candidate];
            const auto due = std::max(session.due(all_lost), now);
            const bool goes_first = owed_ > 0 && due == now && session.is_present();
            if (goes_first == best_goes_first ? due < best_due : goes_first) {
                best = candidate;
                best_due = due;
                best_goes_first = goes_first;
            }
        }
        last_ = best;
        return *sessions_[best];
    }

    std::unique_ptr<ModbusTransport> line_;
    const Log& log_;
    std::string connection_;
    const Reopening reopening_;
    BackOff back_off_;
    std::vector<std::unique_ptr<MeterSession>> sessions_;
    std::size_t last_ = 0;
    std::size_t owed_ = 0; // turns of present meters before the next attempt to find a lost one
};

} // namespace

std::unique_ptr<Driver> make_bus_driver(BusMeters meters, Handoff& handoff, Orders& orders, const Log& log,
                                        std::optional<double> share, const WireFactory& make_wire) {
    MeterConfig first = meters.front().second;
    first.tolerant =
        std::any_of(meters.begin(), meters.end(), [](const auto& served) { return served.second.tolerant; });
    auto line = line_transport_on(first, make_wire(first));
    return make_bus_driver(std::move(meters), std::move(line), handoff, orders, log, share);
}

std::unique_ptr<Driver> make_bus_driver(BusMeters meters, std::unique_ptr<ModbusTransport> line,
                                        Handoff& handoff, Orders& orders, const Log& log,
                                        std::optional<double> share) {
    return std::make_unique<BusDriver>(std::move(meters), std::move(line), handoff, orders, log, share);
}

} // namespace gridbridge
