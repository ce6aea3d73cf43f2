#include "mqtt/sinks/queue_position.hpp"

#include "drivers/text/fnv.hpp"
#include "mqtt/sinks/little_endian.hpp"

namespace gridbridge {

std::string position_bytes(const QueuePosition& position) {
    std::string bytes;
    for (const std::uint64_t number : {position.count, position.acknowledged, position.next, position.boot}) {
        put_number(bytes, number);
    }
    put_number(bytes, fnv1a<std::uint64_t>(bytes));
    return bytes;
}

std::optional<QueuePosition> read_position(std::string_view file) {
    std::optional<QueuePosition> newest;
    for (; file.size() >= position_slot; file.remove_prefix(position_slot)) {
        std::string_view slot = file.substr(0, position_slot);
        const auto expected = fnv1a<std::uint64_t>(slot.substr(0, position_slot - sizeof(std::uint64_t)));
        QueuePosition read;
        read.count = take_number<std::uint64_t>(slot);
        read.acknowledged = take_number<std::uint64_t>(slot);
        read.next = take_number<std::uint64_t>(slot);
        read.boot = take_number<std::uint64_t>(slot);
        if (take_number<std::uint64_t>(slot) == expected && (!newest || read.count > newest->count)) {
            newest = read;
        }
    }
    return newest;
}

} // namespace gridbridge
