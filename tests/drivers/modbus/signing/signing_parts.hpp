// One meter's end of a desk, with its parts wired as the machine wires them.
#pragma once

#include "drivers/modbus/signing/desk_outbox.hpp"
#include "drivers/modbus/signing/meter_look.hpp"
#include "drivers/modbus/signing/record_receipt.hpp"
#include "drivers/modbus/signing/request_inbox.hpp"
#include "tests/drivers/modbus/signing/transaction_world.hpp"

#include <set>
#include <string>
#include <variant>
#include <vector>

namespace gridbridge {

struct SigningParts {
    SigningParts() {
        desk.attach({}, [this](const std::string& id) { return store.contains(id); });
        look.meter_found(now);
    }

    // A client asks, and the meter has been looked at since.
    void ask(const TransactionRequest& request) {
        desk.ask(source, request);
        inbox.collect(now, true);
        inbox.set_looked_at(true);
    }
    std::vector<TransactionEvent> told() {
        outbox.flush();
        std::vector<TransactionEvent> events;
        for (auto& [from, event] : desk.take_events()) {
            events.push_back(std::move(event));
        }
        return events;
    }
    std::vector<TransactionResult> answers() {
        std::vector<TransactionResult> found;
        for (const TransactionEvent& event : told()) {
            if (const auto* const result = std::get_if<TransactionResult>(&event)) {
                found.push_back(*result);
            }
        }
        return found;
    }
    void shows(ocmf::State state, const std::string& id = {}) {
        look.state_read(static_cast<std::uint16_t>(state));
        look.text_read(ocmf::encode_text("t<=>" + id));
    }

    static constexpr SourceId source{0, 0};
    Clock::time_point now{std::chrono::hours(1)};
    std::set<std::string> store;
    TransactionDesk desk;
    DeskOutbox outbox{source, desk};
    RecordReceipt receipt{3};
    RequestInbox inbox{source, desk, outbox, receipt};
    MeterLook look{std::chrono::seconds(10)};
};

} // namespace gridbridge
