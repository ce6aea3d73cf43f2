// Any bytes as the answer to a request, on both framings; any words as a block of each model.
#include "drivers/modbus/line/frame.hpp"
#include "drivers/modbus/map/block_plan.hpp"
#include "drivers/modbus/map/decode.hpp"
#include "drivers/modbus/models/carlo_gavazzi.hpp"

#include <cmath>
#include <cstdlib>

namespace {

using namespace gridbridge;

void require(bool holds) {
    if (!holds) {
        std::abort();
    }
}

void check(const Inspection& inspection, ByteView received, const Request& request) {
    if (inspection.state != Inspection::State::Complete) {
        return;
    }
    require(inspection.offset + inspection.length <= received.size());
    try {
        const auto words = check_answer(received.subspan(inspection.offset, inspection.length), request);
        require(words.size() == request.operand);
    } catch (const ExceptionReply&) {
        return;
    } catch (const BadReply&) {
        return;
    }
}

void decode_words(ByteView data) {
    for (const ModelRow* model : carlo_gavazzi_models()) {
        for (const Block& block : plan_blocks(model->rows, limits_of(*model))) {
            std::vector<std::uint16_t> words(block.words);
            for (std::size_t i = 0; i < words.size(); ++i) {
                const std::size_t at = 2 * i;
                words[i] =
                    at + 1 < data.size() ? static_cast<std::uint16_t>(data[at] << 8 | data[at + 1]) : 0;
            }
            Reading reading;
            decode_block(*model, block, words, reading);
            for (const QuantityRow& row : quantity_table) {
                require(std::isfinite(reading.get(row.quantity).value_or(0.0)));
            }
            static_cast<void>(decode_serial(words));
        }
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const ByteView received(data, size);
    Request request;
    request.unit = 1;
    request.operand = size > 0 ? static_cast<std::uint16_t>(1 + data[0] % 125) : std::uint16_t{1};
    check(inspect_serial(received, request), received, request);
    check(inspect_tcp(received, request, 7), received, request);
    decode_words(received);
    return 0;
}
