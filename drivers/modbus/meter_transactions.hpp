// Carries out what the charging transactions of one meter ask for, between its polls. Lives on the thread of
// its bus driver.
#pragma once

#include "drivers/meter/meter_config.hpp"
#include "drivers/modbus/line/unit_line.hpp"
#include "drivers/modbus/signing/transaction_machine.hpp"
#include "drivers/waist/orders.hpp"

#include <memory>
#include <string>
#include <vector>

namespace gridbridge {

class MeterTransactions {
  public:
    // `orders` must outlive this.
    MeterTransactions(SourceId source, const MeterConfig& meter, Orders& orders);

    void meter_found(const std::string& serial, Clock::time_point now, bool may_sign);
    void meter_lost(Clock::time_point now);
    // While it is lost: requests may have waited too long.
    void pass_time(Clock::time_point now);
    // Somebody waits for this meter.
    bool is_wanted() const;
    // `poll`: when it is polled next.
    Clock::time_point due(Clock::time_point poll, Clock::time_point now) const;

    // A few requests; live values go on meanwhile. Returns warnings for the log. LinkLost and Stopped pass
    // through.
    std::vector<std::string> serve(UnitLine& line);

  private:
    std::unique_ptr<TransactionMachine> make_machine() const;
    TransactionMachine* machine(); // none as long as there is nothing for it to do

    const SourceId source_;
    const bool signs_; // as far as the driver of the meter goes
    const TransactionOptions options_;
    Orders& orders_;
    std::unique_ptr<TransactionMachine> machine_; // of a meter that cannot sign: once it is asked to
};

} // namespace gridbridge
