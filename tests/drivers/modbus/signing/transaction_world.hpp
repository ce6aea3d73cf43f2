// A client, the publisher's store, the machine and a meter, in simulated time.
#pragma once

#include "drivers/modbus/signing/transaction_machine.hpp"
#include "tests/fakes/ocmf_meter.hpp"

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace gridbridge {

inline constexpr const char* first_id = "0f2b7a10-52f0-4a08-9a3e-1d9f4c6b7e01";
inline constexpr const char* second_id = "7c3d9e55-0b1c-4f7a-8e2d-6a5b4c3d2e10";

inline StartTransaction start_of(const std::string& id) {
    StartTransaction start;
    start.transaction_id = id;
    start.evse_id = "DE*ABC*E1234";
    start.identification_assigned = true;
    start.identification_level = 3;
    start.identification_flags = {2, 3, 0, 0};
    start.identification_type = 10;
    start.identification_data = "04A1B2C3D4E5F6";
    start.tariff_text = "0,49 EUR/kWh";
    return start;
}

struct TransactionWorld {
    explicit TransactionWorld(OcmfMeter::Behaviour behaviour = {}, TransactionOptions options = {});

    void start_process(); // a new machine and desk; the store stays, as files do
    void unplug();
    void plug();
    bool ask(const TransactionRequest& what);
    void advance(Clock::duration time);
    void step(); // one request, or the time until there is one
    bool until(const std::function<bool()>& done, std::chrono::seconds limit = std::chrono::seconds(600));
    void run_for(std::chrono::milliseconds time);
    std::vector<TransactionResult> results_of(const std::string& id) const;
    // Asks and runs until it is answered.
    TransactionResult request(const TransactionRequest& what);

    OcmfMeter meter;
    TransactionOptions options;
    Clock::time_point now{std::chrono::hours(1)};
    std::int64_t wall_seconds = 1790000000; // 0: not set
    std::unique_ptr<TransactionDesk> desk;
    std::unique_ptr<TransactionMachine> machine;
    bool keeps = true; // the store works
    std::map<std::string, std::string> store;
    // Since the process was started.
    std::vector<TransactionEvent> events;
    std::vector<TransactionResult> results;
    std::vector<TransactionRecord> records;
    std::vector<TransactionKey> keys;
    TransactionState state = TransactionState::Idle;
    std::vector<TransactionState> states;
    std::size_t asked = 0;
    std::vector<std::string> messages;
    std::size_t runs = 0; // processes started
    // What happens to the n-th request of this world; default: it is carried out.
    std::function<RegisterAnswer(std::size_t number, const RegisterRequest& request)> line;
    std::size_t requests = 0;
    std::vector<RegisterRequest> sent;
    RegisterAnswer carry_out(const RegisterRequest& request);
    bool is_plugged = true;

  private:
    void publish();
};

// Until the state of the meter is known.
bool settle(TransactionWorld& world);
// The meter has a closed record, or a running transaction, that nobody here has begun.
void leave_record(OcmfMeter& meter, const std::string& text, const std::string& reason = "E");
void leave_running(OcmfMeter& meter, const std::string& text);

} // namespace gridbridge
