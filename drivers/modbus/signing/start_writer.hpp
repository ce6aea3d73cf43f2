// What is written into the meter to begin a transaction, one write after the other, the command last. Pure.
#pragma once

#include "drivers/modbus/signing/ocmf_registers.hpp"
#include "drivers/modbus/signing/request_runner.hpp"

#include <list>

namespace gridbridge {

class StartWriter {
  public:
    void begin(const StartTransaction& start);
    // Step::StartWrite, or Step::Begin when everything else is written.
    StepJob next();
    void stop() { writes_.clear(); }

  private:
    std::list<ocmf::Write> writes_; // still to be done
};

} // namespace gridbridge
