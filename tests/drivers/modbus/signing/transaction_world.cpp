#include "tests/drivers/modbus/signing/transaction_world.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace gridbridge {

using namespace std::chrono_literals;

namespace {

constexpr SourceId source{0, 0};

} // namespace

TransactionWorld::TransactionWorld(OcmfMeter::Behaviour behaviour, TransactionOptions wanted)
    : meter(behaviour), options(wanted) {
    start_process();
}

void TransactionWorld::start_process() {
    machine.reset();
    ++runs;
    desk = std::make_unique<TransactionDesk>();
    desk->attach({}, [this](const std::string& id) { return store.contains(id); });
    const WallClock wall = [this] {
        const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count();
        return WallTime{wall_seconds == 0 ? seconds : wall_seconds + seconds, 60};
    };
    machine = std::make_unique<TransactionMachine>(source, options, *desk, wall);
    events.clear();
    results.clear();
    records.clear();
    keys.clear();
    states.clear();
    asked = 0;
    if (is_plugged) {
        machine->meter_found("KZ0910218004F", now);
    }
}

void TransactionWorld::unplug() {
    is_plugged = false;
    machine->meter_lost(now);
}

void TransactionWorld::plug() {
    is_plugged = true;
    machine->meter_found("KZ0910218004F", now);
}

bool TransactionWorld::ask(const TransactionRequest& what) {
    ++asked;
    return desk->ask(source, what);
}

RegisterAnswer TransactionWorld::carry_out(const RegisterRequest& request) {
    using Kind = RegisterAnswer::Kind;
    const std::uint16_t address = number_of(request.address);
    if (request.words > 0) {
        EXPECT_LE(request.words, 125);
        return {Kind::Good, 0, meter.read(address, request.words)};
    }
    EXPECT_LE(request.write.size(), 123U);
    return meter.write(address, request.write) ? RegisterAnswer{Kind::Good, 0, {}}
                                               : RegisterAnswer{Kind::Refused, 3, {}};
}

void TransactionWorld::step() {
    const auto request = machine->next(now);
    if (request) {
        sent.push_back(*request);
        TransactionMachine* const asker = machine.get();
        const auto answer = line ? line(requests++, *request) : carry_out(*request);
        advance(10ms);
        if (machine.get() == asker) {
            machine->answered(answer, now);
        }
    } else {
        advance(std::max<Clock::duration>(1ms, machine->due(now) - now));
    }
    publish();
}

void TransactionWorld::advance(Clock::duration time) {
    now += time;
    meter.pass(time);
}

void TransactionWorld::publish() {
    for (auto& [from, event] : desk->take_events()) {
        events.push_back(event);
        if (const auto* result = std::get_if<TransactionResult>(&event)) {
            results.push_back(*result);
        } else if (const auto* told = std::get_if<TransactionState>(&event)) {
            state = *told;
            states.push_back(*told);
        } else if (const auto* key = std::get_if<TransactionKey>(&event)) {
            keys.push_back(*key);
        } else if (const auto* record = std::get_if<TransactionRecord>(&event)) {
            records.push_back(*record);
            if (keeps && !record->corrupted) {
                const auto [kept, is_new] = store.emplace(record->transaction_id, record->ocmf);
                EXPECT_EQ(kept->second, record->ocmf) << "two records of one transaction";
            }
            if (keeps) {
                desk->kept(source, {record->transaction_id});
            }
        }
    }
    for (std::string& message : machine->take_messages()) {
        messages.push_back(std::move(message));
    }
}

bool TransactionWorld::until(const std::function<bool()>& done, std::chrono::seconds limit) {
    const auto deadline = now + limit;
    while (!done() && now < deadline) {
        step();
    }
    return done();
}

void TransactionWorld::run_for(std::chrono::milliseconds time) {
    const auto deadline = now + time;
    until([&] { return now >= deadline; }, 24h);
}

std::vector<TransactionResult> TransactionWorld::results_of(const std::string& id) const {
    std::vector<TransactionResult> found;
    std::copy_if(results.begin(), results.end(), std::back_inserter(found),
                 [&](const TransactionResult& result) { return result.transaction_id == id; });
    return found;
}

TransactionResult TransactionWorld::request(const TransactionRequest& what) {
    const std::size_t before = results.size();
    EXPECT_TRUE(ask(what));
    EXPECT_TRUE(until([&] { return results.size() > before; }));
    return results.size() > before ? results[before]
                                   : TransactionResult{"none", TransactionReason::Invalid, false, "", false};
}

bool settle(TransactionWorld& world) {
    return world.until([&] { return !world.states.empty(); });
}

void leave_record(OcmfMeter& meter, const std::string& text, const std::string& reason) {
    meter.write(0x6900, ocmf::encode_text(text));
    meter.write(0x7007, ocmf::encode_text("04A1"));
    meter.close(reason);
    meter.writes.clear();
}

void leave_running(OcmfMeter& meter, const std::string& text) {
    meter.write(0x6900, ocmf::encode_text(text));
    meter.behaviour().busy = std::chrono::milliseconds(0);
    meter.write(0x7040, {'B'});
    meter.writes.clear();
    meter.begun = 0;
}

} // namespace gridbridge
