// Any bytes as the files of a queue, and as what a store answers: every record that is believed has the bytes
// it would be written with, and a queue always opens and goes on.
#include "app/sinks/point_stamps.hpp"
#include "app/sinks/sink_queue.hpp"
#include "mqtt/sinks/server_verdict.hpp"

#include <cstdlib>
#include <string>

namespace {

using namespace gridbridge;

void require(bool condition) {
    if (!condition) {
        std::abort();
    }
}

void take_records(std::string_view bytes) {
    QueuedPoint point;
    std::size_t size = 0;
    while (read_record(bytes, point, size) == RecordState::Whole) {
        std::string again;
        append_record(again, point);
        require(size == record_size(point) && again == bytes.substr(0, size));
        bytes.remove_prefix(size);
    }
}

void open_queue(const std::string& bytes) {
    auto store = make_memory_store();
    const std::size_t third = bytes.size() / 3;
    store->write("00000000000000000001.points", 0, bytes);
    store->write("00000000000000000009.points", 0, bytes.substr(third));
    store->write("position", 0, bytes.substr(0, 2 * position_slot));
    store->write("stamps", 0, bytes);
    store->write("run", 0, bytes.substr(third));
    PointStamps stamps(1, *store);
    SinkQueue queue(std::move(store), {1'000'000, 1, [] { return std::string("r"); }});
    std::vector<QueuedPoint> points(3);
    queue.append(points);
    require(points[2].seq == points[0].seq + 2);
    std::uint64_t before = 0;
    for (auto taken = queue.read(100, 10'000); !taken.empty(); taken = queue.read(100, 10'000)) {
        for (const TakenPoint& one : taken) {
            require(one.point.seq > before);
            before = one.point.seq;
            stamps.of(one.point, 5, queue.store());
        }
    }
    require(before == points[2].seq);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string bytes(reinterpret_cast<const char*>(data), size);
    take_records(bytes);
    open_queue(bytes);
    retry_after(bytes);
    require(explain_answer(400, bytes).size() < 500);
    // With a right checksum before it, whatever it says.
    std::string record;
    append_record(record, {1, 2, 0, bytes.substr(0, size / 2), bytes.substr(size / 2)});
    take_records(record);
    return 0;
}
