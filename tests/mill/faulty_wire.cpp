#include "tests/mill/faulty_wire.hpp"

#include "app/simulate/d0_telegram.hpp"
#include "app/simulate/modbus_slave.hpp"
#include "app/simulate/p1_telegram.hpp"
#include "app/simulate/sml_telegram.hpp"
#include "app/slave/slave_frame.hpp"
#include "drivers/io/stop_wait.hpp"
#include "tests/mill/rolled_counters.hpp"

#include <algorithm>

namespace gridbridge::mill {
namespace {

using namespace std::chrono_literals;

constexpr int foreign_unit = 99;

class FaultyWire final : public Wire {
  public:
    explicit FaultyWire(Line& line) : line_(line) {}

    void open(const std::stop_token& stop) override {
        if (wait_until(Clock::now() + 3ms, stop)) {
            line_.open(Clock::now());
        }
    }
    std::size_t read_some(std::span<std::uint8_t> buffer, Clock::time_point deadline,
                          const std::stop_token& stop) override {
        const auto comes = line_.comes_at(std::max(deadline, Clock::now()));
        if (!wait_until(comes.value_or(deadline), stop) || !comes) {
            return 0;
        }
        return line_.take(buffer, Clock::now());
    }
    void write(std::span<const std::uint8_t> bytes, const std::stop_token& /*stop*/) override {
        line_.write(bytes, Clock::now());
    }
    void close() noexcept override {}
    std::string name() const override { return "mill"; }

  private:
    Line& line_;
};

bool is_tcp_framed(Medium medium) {
    return medium == Medium::Tcp;
}

} // namespace

Line::Line(const Plan& plan, std::size_t number, Clock::time_point begin, const std::vector<Truth*>& truths)
    : plan_(plan), number_(number), medium_(plan.lines[number].medium), begin_(begin),
      dice_(plan.seed * 1000 + number), next_telegram_(begin + 300ms), next_foreign_(begin),
      taken_at_(begin) {
    for (Truth* const truth : truths) {
        const PlannedMeter& meter = truth->meter();
        Served served{truth, {}};
        if (!meter.kind->is_stream) {
            served.image = *built_in_image(meter.kind->name);
            served.image.unit = meter.unit;
        }
        served_.push_back(std::move(served));
    }
    for (const PlannedFault& fault : plan_.faults) {
        if (fault.line == number_ && fault.fault == Fault::Hangup) {
            hangups_.push_back(at(fault.begin));
            double next = fault.begin + 1;
            while (next < fault.end) {
                if (dice_.chance(fault.probability)) {
                    hangups_.push_back(at(next));
                }
                next += dice_.between(0.2, 4);
            }
        }
    }
    std::sort(hangups_.begin(), hangups_.end());
}

Clock::time_point Line::at(double seconds) const {
    return begin_ + std::chrono::duration_cast<Clock::duration>(Seconds(seconds));
}

const PlannedFault* Line::active(Fault fault, Clock::time_point now) const {
    const auto found =
        std::find_if(plan_.faults.begin(), plan_.faults.end(), [&](const PlannedFault& planned) {
            return planned.fault == fault && planned.line == number_ && planned.begin <= seconds(now) &&
                   seconds(now) < planned.end;
        });
    return found == plan_.faults.end() ? nullptr : &*found;
}

// The one with that unit id, or the one of a stream; meters take each other's places.
Line::Served* Line::there(std::optional<int> unit, Clock::time_point now) {
    const auto found = std::find_if(served_.begin(), served_.end(), [&](const Served& candidate) {
        const PlannedMeter& meter = candidate.truth->meter();
        return (!unit || candidate.image.unit == *unit) && meter.from <= seconds(now) &&
               seconds(now) < meter.until;
    });
    return found == served_.end() ? nullptr : &*found;
}

bool Line::happens(Fault fault, Clock::time_point now) {
    const PlannedFault* const planned = active(fault, now);
    return planned != nullptr && dice_.chance(planned->probability);
}

void Line::open(Clock::time_point now) {
    if (active(Fault::Refuse, now) != nullptr) {
        throw LinkLost("mill: refused");
    }
    std::erase_if(hangups_, [&](const auto& hangup) { return hangup <= now; });
    for (Served& served : served_) { // also what was made ahead
        served.truth->missed(taken_at_, Clock::time_point::max());
    }
    coming_.clear();
    requests_.clear();
    next_telegram_ = std::max(next_telegram_, now);
    next_foreign_ = std::max(next_foreign_, now);
}

// What continues a frame stays behind its beginning.
void Line::push(Clock::time_point when, Bytes bytes) {
    const auto later = std::find_if(coming_.begin(), coming_.end(),
                                    [&](const Chunk& chunk) { return chunk.at > when && !chunk.continues; });
    if (!bytes.empty()) {
        coming_.insert(later, {when, std::move(bytes)});
    }
}

void Line::push_in_two(Clock::time_point when, const Bytes& bytes) {
    const auto middle = bytes.begin() + static_cast<std::ptrdiff_t>(1 + dice_.below(bytes.size() - 1));
    const auto later = std::find_if(coming_.begin(), coming_.end(),
                                    [&](const Chunk& chunk) { return chunk.at > when && !chunk.continues; });
    const auto second = coming_.insert(later, {when + 2ms, {middle, bytes.end()}, true});
    coming_.insert(second, {when, {bytes.begin(), middle}});
}

void Line::write(std::span<const std::uint8_t> bytes, Clock::time_point now) {
    requests_.insert(requests_.end(), bytes.begin(), bytes.end());
    const SlaveFraming framing = is_tcp_framed(medium_) ? SlaveFraming::Tcp : SlaveFraming::Serial;
    while (true) {
        std::size_t consumed = 0;
        const auto request = take_request(requests_, framing, consumed);
        requests_.erase(requests_.begin(), requests_.begin() + static_cast<std::ptrdiff_t>(consumed));
        if (!request) {
            return;
        }
        Served* const served = there(request->unit, now);
        if (served == nullptr || happens(Fault::Drop, now)) {
            continue;
        }
        auto arrives = now + std::chrono::microseconds(4000 + dice_.below(30'000));
        const double made = seconds(arrives);
        Bytes pdu;
        if (happens(Fault::Busy, now)) {
            pdu = exception_reply(request->pdu.front(), dice_.chance(0.5) ? 6 : 11);
            push(arrives, framed(*request, pdu, framing));
            continue;
        }
        if (served->image.move) {
            served->image.move(served->image, made + served->truth->meter().ahead);
            put_rolled(served->image, served->truth->meter(), made);
        }
        pdu = gridbridge::answer(served->image, request->pdu);
        const auto made_at = arrives;
        if (happens(Fault::Late, now)) {
            arrives += std::chrono::milliseconds(300 + dice_.below(medium_ == Medium::Tcp ? 3500 : 900));
        }
        Bytes frame = framed(*request, pdu, framing);
        const Harm harm = spoil(frame, now);
        served->truth->told(made_at, made, harm == Harm::Broken ? std::nullopt : std::optional(arrives),
                            harm == Harm::None);
        if (happens(Fault::Double, now)) {
            push(arrives + std::chrono::milliseconds(1 + dice_.below(900)), frame);
        }
        if (dice_.chance(0.3) && frame.size() > 1) {
            push_in_two(arrives, frame);
        } else {
            push(arrives, std::move(frame));
        }
    }
}

// What follows the checksum is not touched.
Line::Harm Line::spoil(Bytes& bytes, Clock::time_point now) {
    constexpr std::uint8_t start_of_text = 2; // D0: what is before it has no checksum
    const auto text = std::find(bytes.begin(), bytes.end(), start_of_text);
    const bool has_text = !served_.empty() && served_.front().truth->meter().kind->name == "d0";
    const std::size_t from_here = has_text ? static_cast<std::size_t>(text - bytes.begin()) : 0;
    const std::size_t checked = bytes.size() - std::min<std::size_t>(6, bytes.size() / 2) - from_here;
    Harm harm = Harm::None;
    if (happens(Fault::Flip, now)) {
        bytes[from_here + dice_.below(checked)] ^= static_cast<std::uint8_t>(1U << dice_.below(7));
        harm = Harm::Broken;
    }
    if (happens(Fault::Insert, now)) {
        harm = std::max(harm, Harm::Noise);
        Bytes noise(1 + dice_.below(12));
        std::generate(noise.begin(), noise.end(),
                      [&] { return static_cast<std::uint8_t>(dice_.below(256)); });
        bytes.insert(bytes.begin() + static_cast<std::ptrdiff_t>(dice_.below(bytes.size())), noise.begin(),
                     noise.end());
    }
    if (happens(Fault::Lose, now)) {
        const std::size_t from = from_here + dice_.below(checked);
        const std::size_t count = 1 + dice_.below(20);
        bytes.erase(bytes.begin() + static_cast<std::ptrdiff_t>(from),
                    bytes.begin() + static_cast<std::ptrdiff_t>(std::min(bytes.size(), from + count)));
        harm = Harm::Broken;
    }
    if (happens(Fault::Truncate, now)) {
        bytes.resize(std::min(bytes.size(), 1 + dice_.below(checked)));
        harm = Harm::Broken;
    }
    return harm;
}

Line::Bytes Line::telegram(const PlannedMeter& meter, double seconds) {
    const SimulatedValues values = values_of(meter, seconds);
    if (meter.kind->name == "sml") {
        SmlMeter sml;
        sml.server_id.back() =
            static_cast<std::uint8_t>(sml.server_id.back() + (meter.takes_a_place ? 1 : 0));
        return sml_telegram(values, sml);
    }
    P1Meter p1;
    p1.serial = meter.kind->serial;
    D0Meter d0;
    d0.serial = meter.kind->serial;
    d0.has_checksum = true;
    const std::string text = meter.kind->name == "p1" ? p1_telegram(values, p1) : d0_telegram(values, d0);
    return {text.begin(), text.end()};
}

void Line::make_telegrams(Clock::time_point until) {
    if (served_.empty() || !served_.front().truth->meter().kind->is_stream) {
        return;
    }
    constexpr std::size_t piece = 240;
    constexpr auto pace = 20ms;
    for (; next_telegram_ <= until; next_telegram_ += 1s) {
        const auto made = next_telegram_;
        const Served* const served = there({}, made);
        if (served == nullptr || happens(Fault::Drop, made)) {
            continue;
        }
        auto begins = made;
        if (happens(Fault::Late, made)) {
            begins += std::chrono::milliseconds(dice_.below(900));
        }
        Bytes bytes = telegram(served->truth->meter(), seconds(made));
        const Harm harm = spoil(bytes, made);
        const std::size_t pieces = (bytes.size() + piece - 1) / piece;
        const auto arrives = begins + (pieces - 1) * pace;
        if (happens(Fault::Double, made)) {
            const Bytes again = bytes;
            bytes.insert(bytes.end(), again.begin(), again.end());
        }
        auto at = begins;
        for (std::size_t from = 0; from < bytes.size(); from += piece) {
            const auto first = bytes.begin() + static_cast<std::ptrdiff_t>(from);
            push(at, {first, first + static_cast<std::ptrdiff_t>(std::min(piece, bytes.size() - from))});
            at += pace;
        }
        served->truth->told(made, seconds(made), harm == Harm::Broken ? std::nullopt : std::optional(arrives),
                            harm == Harm::None);
    }
}

// Another master asks a unit that is none of ours, which answers.
void Line::make_foreign(Clock::time_point until) {
    for (; next_foreign_ <= until; next_foreign_ += std::chrono::milliseconds(200 + dice_.below(1500))) {
        if (active(Fault::Foreign, next_foreign_) == nullptr) {
            continue;
        }
        const unsigned words = 1 + static_cast<unsigned>(dice_.below(20));
        const Bytes request{3, 0, 0, 0, static_cast<std::uint8_t>(words)};
        Bytes reply{3, static_cast<std::uint8_t>(2 * words)};
        for (unsigned i = 0; i < 2 * words; ++i) {
            reply.push_back(static_cast<std::uint8_t>(dice_.below(256)));
        }
        push(next_foreign_, framed({foreign_unit, 0, request}, request, SlaveFraming::Serial));
        push(next_foreign_ + 15ms, framed({foreign_unit, 0, request}, reply, SlaveFraming::Serial));
    }
}

std::optional<Clock::time_point> Line::comes_at(Clock::time_point until) {
    // Far ahead nothing is made: what goes wrong then may still be decided.
    while (coming_.empty() && next_telegram_ <= until && !served_.empty() &&
           served_.front().truth->meter().kind->is_stream) {
        make_telegrams(next_telegram_);
    }
    if (medium_ == Medium::Rtu) {
        make_foreign(until);
    }
    std::optional<Clock::time_point> next;
    if (!coming_.empty()) {
        next = coming_.front().at;
    }
    if (!hangups_.empty()) {
        next = std::min(next.value_or(hangups_.front()), hangups_.front());
    }
    return next && *next <= until ? next : std::nullopt;
}

std::size_t Line::take(std::span<std::uint8_t> buffer, Clock::time_point now) {
    if (!hangups_.empty() && hangups_.front() <= now) {
        throw LinkLost("mill: the other side closed the connection");
    }
    std::size_t taken = 0;
    while (!coming_.empty() && coming_.front().at <= now && taken < buffer.size()) {
        Bytes& bytes = coming_.front().bytes;
        const std::size_t size = std::min(bytes.size(), buffer.size() - taken);
        std::copy_n(bytes.begin(), size, buffer.begin() + static_cast<std::ptrdiff_t>(taken));
        bytes.erase(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
        taken += size;
        taken_at_ = now;
        if (bytes.empty()) {
            coming_.pop_front();
        }
    }
    return taken;
}

std::unique_ptr<Wire> make_faulty_wire(Line& line) {
    return std::make_unique<FaultyWire>(line);
}

} // namespace gridbridge::mill
