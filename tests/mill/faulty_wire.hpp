// The wire to simulated meters on which things go wrong as planned, in the time of its thread.
#pragma once

#include "app/simulate/modbus_image.hpp"
#include "drivers/io/wire.hpp"
#include "tests/mill/schedule.hpp"
#include "tests/mill/truth.hpp"

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <vector>

namespace gridbridge::mill {

// One line with its meters. Outlives its wires, of which one is open at a time.
class Line {
  public:
    Line(const Plan& plan, std::size_t number, Clock::time_point begin, const std::vector<Truth*>& truths);

    // Nothing comes meanwhile, which no plan says. Seconds.
    void be_silent(double from, double to) { plan_.faults.push_back({Fault::Drop, number_, from, to, 1}); }

    void open(Clock::time_point now); // throws LinkLost
    void write(std::span<const std::uint8_t> bytes, Clock::time_point now);
    // When something comes next, not later than `until`; nothing: nothing does.
    std::optional<Clock::time_point> comes_at(Clock::time_point until);
    // What has come by now. Throws LinkLost.
    std::size_t take(std::span<std::uint8_t> buffer, Clock::time_point now);

  private:
    using Bytes = std::vector<std::uint8_t>;
    struct Chunk {
        Clock::time_point at;
        Bytes bytes;
        bool continues = false; // the chunk before it
    };
    struct Served {
        Truth* truth;
        ModbusImage image; // of a bus
    };

    Served* there(std::optional<int> unit, Clock::time_point now);
    bool happens(Fault fault, Clock::time_point now);
    const PlannedFault* active(Fault fault, Clock::time_point now) const;
    double seconds(Clock::time_point at) const { return Seconds(at - begin_).count(); }
    Clock::time_point at(double seconds) const;
    void push(Clock::time_point when, Bytes bytes);
    void push_in_two(Clock::time_point when, const Bytes& bytes);
    void make_telegrams(Clock::time_point until);
    void make_foreign(Clock::time_point until);
    static Bytes telegram(const PlannedMeter& meter, double seconds);
    enum class Harm : std::uint8_t {
        None,
        Noise,
        Broken
    }; // noise may do none; broken is not to be understood
    Harm spoil(Bytes& bytes, Clock::time_point now);

    Plan plan_;
    std::size_t number_;
    Medium medium_;
    Clock::time_point begin_;
    Dice dice_;
    std::vector<Served> served_;
    std::deque<Chunk> coming_;
    Bytes requests_; // not yet whole
    std::vector<Clock::time_point> hangups_;
    Clock::time_point next_telegram_;
    Clock::time_point next_foreign_;
    Clock::time_point taken_at_; // the newest byte
};

std::unique_ptr<Wire> make_faulty_wire(Line& line);

} // namespace gridbridge::mill
