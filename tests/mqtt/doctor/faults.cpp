#include "tests/mqtt/doctor/faults.hpp"

#include "drivers/waist/phase_quantities.hpp"

#include <array>
#include <chrono>

namespace gridbridge::simulated {
namespace {

using enum FindingCode;
using Random = std::mt19937_64;

double uniform(Random& random, double low, double high) {
    return std::uniform_real_distribution<double>(low, high)(random);
}

HouseOptions any_house(Random& random) {
    HouseOptions house;
    house.three_phases = random() % 5 != 0;
    house.pv_watts = random() % 3 == 0 ? 0 : uniform(random, 2000, 10000);
    house.pv_on_three_phases = random() % 2 == 0;
    house.battery = static_cast<Battery>(random() % 3);
    house.has_car = random() % 3 == 0;
    house.has_heat_pump = random() % 3 == 0;
    house.load_factor = uniform(random, 0.6, 2);
    house.line_ohm = uniform(random, 0.04, 0.35);
    house.start_hour = static_cast<int>(random() % 24);
    return house;
}

HouseOptions three_phase_house(Random& random) {
    HouseOptions house = any_house(random);
    house.three_phases = true;
    house.battery = Battery::None;
    return house;
}

HouseOptions sunny_house(Random& random) {
    HouseOptions house = three_phase_house(random);
    house.pv_watts = uniform(random, 4000, 9000);
    house.start_hour = 6;
    return house;
}

Wiring of_grid() {
    return {};
}

Wiring of_sun(const HouseOptions& house) {
    Wiring wiring;
    wiring.place = Place::Sun;
    wiring.three_phases = house.pv_on_three_phases;
    return wiring;
}

Wiring billing_meter() { // P1
    Wiring wiring;
    wiring.ampere_step = 1;
    return wiring;
}

std::unique_ptr<Installation> make(const HouseOptions& house, Random& random, DoctorOptions options = {}) {
    return std::make_unique<Installation>(house, random(), options);
}

// The kinds of faults, each with what is expected. A kind sets up the installation.
struct Kind {
    const char* name;
    int weight;
    Case (*make)(Random& random);
};

Case wired(Random& random, const Wiring& wiring, FindingCode expected, std::set<FindingCode> also = {}) {
    Case result;
    HouseOptions house = three_phase_house(random);
    result.installation = make(house, random);
    result.installation->add("grid", wiring);
    result.expected = expected;
    result.meter = "M0";
    result.also_right = std::move(also);
    return result;
}

Case phase_reversed(Random& random) {
    Wiring wiring;
    wiring.factor.at(random() % 3) = -1;
    if (random() % 4 == 0) {
        wiring.factor.at(random() % 3) = -1; // perhaps a second
    }
    return wired(random, wiring, PhaseReversed);
}

Case meter_reversed(Random& random) {
    Wiring wiring;
    wiring.factor = {-1, -1, -1};
    Case result = wired(random, wiring, MeterReversed);
    if (random() % 2 == 0) {
        HouseOptions house = any_house(random);
        house.three_phases = false;
        house.battery = Battery::None;
        result.installation = make(house, random);
        result.installation->add("grid", wiring);
    }
    return result;
}

Case two_swapped(Random& random) {
    Wiring wiring;
    const std::size_t first = random() % 3;
    std::swap(wiring.current_of.at(first), wiring.current_of.at((first + 1) % 3));
    return wired(random, wiring, PhaseOnWrongVoltage);
}

Case all_rotated(Random& random) {
    Wiring wiring;
    wiring.current_of =
        random() % 2 == 0 ? std::array<std::size_t, 3>{1, 2, 0} : std::array<std::size_t, 3>{2, 0, 1};
    return wired(random, wiring, PhaseOnWrongVoltage);
}

Case sequence(Random& random) {
    Wiring wiring;
    wiring.turns_backwards = true;
    return wired(random, wiring, PhaseSequenceReversed);
}

Case neutral(Random& random) {
    Case result;
    HouseOptions house = three_phase_house(random);
    house.neutral = false;
    house.pv_watts = 0; // an inverter would have left
    result.installation = make(house, random);
    result.installation->add("grid", of_grid());
    result.expected = NeutralMissing;
    result.meter = "M0";
    return result;
}

Case phase_lost(Random& random) {
    Case result = wired(random, of_grid(), PhaseLost);
    const std::size_t phase = random() % 3;
    const double at = uniform(random, 1, 12);
    result.installation->before_look = [installation = result.installation.get(), phase, at](double hours) {
        if (hours >= at) {
            Wiring& wiring = installation->wiring(0);
            wiring.has_voltage.at(phase) = false;
            wiring.factor.at(phase) = 0;
        }
    };
    return result;
}

Case sum_differs(Random& random) {
    Wiring wiring;
    wiring.sum_error = uniform(random, 0.12, 0.6);
    Case result = wired(random, wiring, SumDiffers);
    return result;
}

Case no_voltage_tap(Random& random) {
    Wiring wiring;
    const std::size_t phase = random() % 3;
    (random() % 2 == 0 ? wiring.has_voltage : wiring.has_power).at(phase) = false;
    return wired(random, wiring, CurrentWithoutPower);
}

Case variant_without_export(Random& random) {
    Case result = wired(random, of_grid(), ImportOnly);
    result.installation->meter(0).info.import_only = true;
    return result;
}

Case shows_no_export(Random& random) {
    Case result;
    const HouseOptions house = sunny_house(random);
    result.installation = make(house, random);
    Wiring wiring;
    wiring.import_only = true;
    result.installation->add("grid", wiring);
    result.installation->add("pvinverter", of_sun(house));
    result.expected = ImportOnly;
    result.meter = "M0";
    return result;
}

Case one_phase(Random& random) {
    Wiring wiring;
    wiring.has_voltage = {true, false, false};
    wiring.factor = {1, 0, 0};
    return wired(random, wiring, SinglePhase);
}

Case same_circuit(Random& random) {
    Case result;
    const HouseOptions house = three_phase_house(random);
    result.installation = make(house, random);
    result.installation->add("grid", billing_meter(), DriverKind::P1);
    result.installation->add(random() % 2 == 0 ? "acload" : "grid", of_grid());
    result.expected = SameCircuit;
    result.meter = "M1";
    result.hours = 30;
    return result;
}

Case exchanged(Random& random) {
    Case result;
    const HouseOptions house = sunny_house(random);
    result.installation = make(house, random);
    result.installation->add("grid", of_sun(house));
    result.installation->add("pvinverter", of_grid());
    result.expected = GridAndPvExchanged;
    result.meter = "M1";
    result.also_right = {MeterReversed, PhaseReversed}; // production is no import
    result.hours = 36;
    return result;
}

Case sun_reversed(Random& random) {
    Case result;
    const HouseOptions house = sunny_house(random);
    result.installation = make(house, random);
    result.installation->add("grid", of_grid());
    Wiring wiring = of_sun(house);
    wiring.factor = {-1, -1, -1};
    result.installation->add("pvinverter", wiring);
    result.expected = PvReversed;
    result.meter = "M1";
    return result;
}

Case ratio_not_set(Random& random) {
    Case result;
    HouseOptions house = three_phase_house(random);
    house.line_ohm = uniform(random, 0.15, 0.4);
    result.installation = make(house, random);
    Wiring wiring;
    const double ratio = std::array{20.0, 30.0, 40.0, 60.0}.at(random() % 4);
    wiring.factor = {1 / ratio, 1 / ratio, 1 / ratio};
    wiring.ampere_step = 0.001;
    wiring.watt_step = 0.1;
    result.installation->add("grid", wiring);
    result.expected = CtRatio;
    result.meter = "M0";
    return result;
}

Case ratio_too_large(Random& random) {
    Wiring wiring;
    wiring.factor = {20, 20, 20};
    Case result = wired(random, wiring, CtRatio, {FuseOverload});
    result.installation->meter(0).config.fuse = 35;
    return result;
}

Case overload(Random& random) {
    Case result;
    HouseOptions house = three_phase_house(random);
    house.has_car = true;
    house.load_factor = 3;
    result.installation = make(house, random);
    Installed& meter = result.installation->add("grid", of_grid());
    meter.meter->config.fuse = 13;
    result.expected = FuseOverload;
    result.meter = "M0";
    result.also_right = {CtRatio};
    return result;
}

Case peak(Random& random) {
    Case result;
    HouseOptions house = three_phase_house(random);
    house.has_car = true;
    house.load_factor = 2;
    result.installation = make(house, random, {2500});
    result.installation->add("grid", billing_meter(), DriverKind::P1);
    result.expected = PeakAboveLimit;
    result.meter = "M0";
    return result;
}

Case too_slow(Random& random) {
    Case result = wired(random, of_grid(), UnfitForControl, {MeterLost});
    result.installation->installed(0).interval = uniform(random, 4, 20);
    result.installation->meter(0).config.interval = std::chrono::seconds(10);
    return result;
}

Case answers_lost(Random& random) {
    Case result = wired(random, of_grid(), UnfitForControl, {MeterLost});
    result.installation->installed(0).lost = uniform(random, 0.08, 0.5);
    return result;
}

Case radio_gaps(Random& random) {
    Case result = wired(random, of_grid(), UnfitForControl, {MeterLost});
    result.installation->installed(0).late = uniform(random, 0.03, 0.1);
    return result;
}

Case lost(Random& random) {
    Case result = wired(random, of_grid(), MeterLost);
    result.installation->installed(0).dies_at = uniform(random, 0.2, 10);
    return result;
}

Case unreachable(Random& random) {
    Case result = wired(random, of_grid(), MeterUnreachable);
    result.installation->installed(0).dies_at = 0;
    return result;
}

Case locked(Random& random) {
    Case result;
    result.installation = make(any_house(random), random);
    Wiring wiring;
    wiring.total_only = true;
    Installed& meter = result.installation->add("grid", wiring, DriverKind::Sml);
    const double at = uniform(random, 0.5, 5);
    result.installation->before_look = [&meter, at](double hours) {
        meter.gives_power = hours < at;
        meter.meter->info.advice =
            hours < at ? std::string() : std::string(driver_row(DriverKind::Sml).lost_power_advice);
    };
    result.expected = MeterLocked;
    result.meter = "M0";
    return result;
}

Case front_locked(Random& random) {
    Case result = wired(random, of_grid(), MeterSettings);
    result.installation->meter(0).info.error_code = 1;
    return result;
}

Case counters(Random& random) {
    Case result = wired(random, of_grid(), CountersJumped);
    const double at = uniform(random, 0.5, 8);
    result.installation->before_look = [&meter = result.installation->meter(0), at](double hours) {
        meter.counters_held_back = hours < at ? 0 : 7;
    };
    return result;
}

Case meter_clock(Random& random) {
    Case result;
    result.installation = make(any_house(random), random);
    Installed& meter = result.installation->add("grid", billing_meter(), DriverKind::P1);
    meter.clock_offset = (random() % 2 == 0 ? -1 : 1) * uniform(random, 15, 400);
    meter.has_clock = true;
    result.expected = ClockOffset;
    result.meter = "M0";
    return result;
}

Case firmware(Random& random) {
    Case result = wired(random, of_grid(), FirmwareFault);
    result.installation->meter(0).info.device_type = 1648;
    result.installation->meter(0).info.firmware = "1.6." + std::to_string(random() % 10);
    return result;
}

Case shared_bus(Random& random) {
    Case result = wired(random, of_grid(), BusShared);
    result.installation->before_look = [&meter = result.installation->meter(0)](double) {
        ++meter.counters.foreign_frames;
    };
    return result;
}

Case replugged(Random& random) {
    Case result = wired(random, of_grid(), AdapterReplugged);
    result.installation->before_look = [&meter = result.installation->meter(0)](double hours) {
        meter.counters.reconnects = static_cast<std::uint64_t>(hours * 12);
    };
    return result;
}

Case of_service(Random& random, FindingCode expected, void (*change)(Installation&)) {
    Case result = wired(random, of_grid(), expected);
    change(*result.installation);
    result.meter = "";
    return result;
}

Case broker_away(Random& random) {
    return of_service(random, BrokerUnreachable,
                      [](Installation& house) { house.view.broker.connected = false; });
}
Case broker_frozen(Random& random) {
    return of_service(random, BrokerFrozen,
                      [](Installation& house) { house.view.broker.lag = std::chrono::seconds(9); });
}
Case branch_denied(Random& random) {
    return of_service(random, AccessDenied,
                      [](Installation& house) { house.view.denied = {"the access rules deny N/e/#"}; });
}
Case other_service(Random& random) {
    return of_service(random, OtherService, [](Installation& house) {
        house.view.other_service = "another service has this portal id";
    });
}
Case not_saved(Random& random) {
    return of_service(random, NotSaved,
                      [](Installation& house) { house.view.not_saved = {"settings.json: no space left"}; });
}
Case clock_unset(Random& random) {
    return of_service(random, ClockUnset, [](Installation& house) { house.has_clock = false; });
}

constexpr std::array kinds{
    Kind{"one CT or two reversed", 20, phase_reversed},
    Kind{"whole meter reversed", 12, meter_reversed},
    Kind{"two CTs exchanged", 14, two_swapped},
    Kind{"three CTs rotated", 8, all_rotated},
    Kind{"phase sequence", 4, sequence},
    Kind{"neutral missing", 10, neutral},
    Kind{"phase lost", 8, phase_lost},
    Kind{"total not the sum", 6, sum_differs},
    Kind{"voltage tap open, or no power", 10, no_voltage_tap},
    Kind{"import-only variant", 2, variant_without_export},
    Kind{"shows no export", 6, shows_no_export},
    Kind{"one phase on three", 4, one_phase},
    Kind{"same circuit twice", 8, same_circuit},
    Kind{"grid and PV exchanged", 10, exchanged},
    Kind{"PV reversed", 8, sun_reversed},
    Kind{"CT ratio not set", 8, ratio_not_set},
    Kind{"CT ratio too large", 4, ratio_too_large},
    Kind{"above the fuse", 4, overload},
    Kind{"quarter above limit", 4, peak},
    Kind{"polled too slowly", 4, too_slow},
    Kind{"answers lost", 4, answers_lost},
    Kind{"radio gaps", 3, radio_gaps},
    Kind{"meter lost", 4, lost},
    Kind{"meter unreachable", 3, unreachable},
    Kind{"PIN lost", 3, locked},
    Kind{"front selector locked", 2, front_locked},
    Kind{"counter jumped", 3, counters},
    Kind{"meter clock off", 4, meter_clock},
    Kind{"old firmware", 2, firmware},
    Kind{"bus shared", 3, shared_bus},
    Kind{"adapter replugged", 3, replugged},
    Kind{"broker away", 2, broker_away},
    Kind{"broker frozen", 2, broker_frozen},
    Kind{"branch denied", 2, branch_denied},
    Kind{"second service", 2, other_service},
    Kind{"not saved", 2, not_saved},
    Kind{"clock unset", 2, clock_unset},
};

constexpr int all_weights() {
    int sum = 0;
    for (const Kind& kind : kinds) {
        sum += kind.weight;
    }
    return sum;
}
static_assert(all_weights() == 200);

} // namespace

std::unique_ptr<Installation> sound_installation(std::uint64_t seed) {
    Random random(seed);
    HouseOptions house = any_house(random);
    auto installation = make(house, random, {house.pv_watts > 0 ? std::nullopt : std::optional(60000.0)});
    switch (random() % 4) {
    case 0:
        installation->add("grid", billing_meter(), DriverKind::P1).has_clock = true;
        break;
    case 1: {
        Wiring wiring;
        wiring.total_only = true;
        installation->add("grid", wiring, DriverKind::Sml);
        break;
    }
    default:
        installation->add("grid", of_grid());
    }
    if (house.pv_watts > 0 && random() % 2 == 0) {
        installation->add("pvinverter", of_sun(house));
    }
    if (house.pv_watts > 0 && random() % 4 == 0) {
        Wiring wiring;
        wiring.place = Place::Loads;
        installation->add("acload", wiring);
    }
    return installation;
}

Case faulty_installation(std::size_t number, std::uint64_t seed) {
    Random random(1000 + number + seed);
    int left = static_cast<int>(number);
    for (const Kind& kind : kinds) {
        if (left < kind.weight) {
            Case result = kind.make(random);
            result.name = kind.name;
            return result;
        }
        left -= kind.weight;
    }
    throw std::out_of_range("no such installation");
}

} // namespace gridbridge::simulated
