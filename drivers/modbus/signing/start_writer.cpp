#include "drivers/modbus/signing/start_writer.hpp"

#include <iterator>
#include <utility>

namespace gridbridge {

void StartWriter::begin(const StartTransaction& start) {
    auto writes = ocmf::writes_for(start);
    writes_.assign(std::make_move_iterator(writes.begin()), std::make_move_iterator(writes.end()));
}

StepJob StartWriter::next() {
    if (writes_.empty()) {
        return {Step::Begin, RegisterJob::write(ocmf::command, {ocmf::begin})};
    }
    ocmf::Write write = std::move(writes_.front());
    writes_.pop_front();
    return {Step::StartWrite, RegisterJob::write(write.address, std::move(write.words))};
}

} // namespace gridbridge
