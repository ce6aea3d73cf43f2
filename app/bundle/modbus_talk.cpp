#include "app/bundle/modbus_talk.hpp"

#include "drivers/modbus/line/frame.hpp"

#include <algorithm>

namespace gridbridge {
namespace {

constexpr std::size_t most_waiting = 8;        // requests of RTU that an answer may be to
constexpr std::size_t most_transactions = 256; // of TCP
constexpr std::size_t write_head = 7;          // unit, function, address, count, size
constexpr std::size_t answer_head = 3;         // unit, function, size
constexpr std::size_t crc_size = 2;

std::uint16_t word_of(ByteView bytes, std::size_t at) {
    return static_cast<std::uint16_t>(bytes[at] << 8 | bytes[at + 1]);
}

struct Asked {
    Request request;
    std::uint16_t transaction = 0;
    std::size_t received_before = 0; // bytes
};

class Listener {
  public:
    explicit Listener(bool is_tcp) : is_tcp_(is_tcp) {}

    ModbusTalk listen(const std::vector<TalkPiece>& pieces) {
        for (const TalkPiece& piece : pieces) {
            Bytes& stream = piece.is_sent ? talk_.sent : talk_.received;
            stream.insert(stream.end(), piece.bytes.begin(), piece.bytes.end());
            if (piece.is_sent) {
                take_requests();
            }
        }
        if (is_tcp_) {
            take_tcp_answers();
        } else {
            take_serial_answers();
        }
        return std::move(talk_);
    }

  private:
    void take_requests() {
        while (sent_to_ < talk_.sent.size()) {
            const ByteView rest = ByteView(talk_.sent).subspan(sent_to_);
            const std::size_t size = is_tcp_ ? tcp_frame_length(rest).value_or(0) : whole_frame(rest);
            if (size == 0) {
                sent_to_ += 1;
                continue;
            }
            const std::size_t body = sent_to_ + (is_tcp_ ? tcp_header_bytes : 0);
            take_request(body, sent_to_ + size - (is_tcp_ ? 0 : crc_size), is_tcp_ ? word_of(rest, 0) : 0U);
            talk_.sent_frames.push_back({sent_to_, size});
            sent_to_ += size;
        }
    }

    // Unit, function, address, operand.
    void take_request(std::size_t at, std::size_t end, unsigned transaction) {
        constexpr std::size_t head = 6;
        const ByteView body = ByteView(talk_.sent).subspan(at, end - at);
        if (body.size() < head) {
            return;
        }
        const std::uint16_t first = word_of(body, 2);
        asked_.push_back({{body[0],
                           static_cast<Function>(body[1]),
                           static_cast<RegisterAddress>(first),
                           word_of(body, 4),
                           {}},
                          static_cast<std::uint16_t>(transaction),
                          talk_.received.size()});
        if (asked_.back().request.function == Function::WriteMultiple && body.size() > write_head) {
            add_registers(true, first, at + write_head, body.size() - write_head);
        }
    }

    void add_registers(bool is_sent, std::uint16_t first, std::size_t at, std::size_t size) {
        talk_.registers.push_back({is_sent, first, at, size / 2 * 2});
    }

    // The newest requests before the end of an answer.
    template <typename Fits>
    const Asked* request_of(std::size_t end, std::size_t most, Fits fits) const {
        const auto later = std::partition_point(
            asked_.begin(), asked_.end(), [end](const Asked& asked) { return asked.received_before < end; });
        auto left = std::min<std::size_t>(most, static_cast<std::size_t>(later - asked_.begin()));
        for (auto asked = later; left > 0; --left) {
            --asked;
            if (fits(*asked)) {
                return &*asked;
            }
        }
        return nullptr;
    }

    void take_answer(const Asked* asked, std::size_t at, std::size_t size) {
        if (asked != nullptr && talk_.received[at + 1] < 0x80) {
            add_registers(false, number_of(asked->request.address), at + answer_head, size - answer_head);
        }
    }

    void take_tcp_answers() {
        const ByteView received = talk_.received;
        for (std::size_t at = 0; at < received.size();) {
            const std::size_t size = tcp_frame_length(received.subspan(at)).value_or(0);
            if (size == 0) {
                ++at; // no header: the driver has hung up, or it was cut off
                continue;
            }
            const ByteView body = received.subspan(at + tcp_header_bytes, size - tcp_header_bytes);
            const Asked* const asked = request_of(at + size, most_transactions, [&](const Asked& known) {
                return known.transaction == word_of(received, at);
            });
            const bool is_read = body.size() >= answer_head && asked != nullptr &&
                                 !is_write(asked->request) && body.size() == answer_head + body[2];
            take_answer(is_read ? asked : nullptr, at + tcp_header_bytes, body.size());
            at += size;
        }
    }

    // Frames with a good checksum, and between them what is left of others.
    void take_serial_answers() {
        const ByteView received = talk_.received;
        std::size_t gap = 0;
        for (std::size_t at = 0; at < received.size();) {
            const std::size_t size = whole_frame(received.subspan(at));
            if (size == 0) {
                ++at;
                continue;
            }
            take_damaged_answers(gap, at);
            take_serial_answer(at, size);
            at += size;
            gap = at;
        }
        take_damaged_answers(gap, received.size());
    }

    void take_serial_answer(std::size_t at, std::size_t size) {
        const ByteView frame = ByteView(talk_.received).subspan(at, size);
        const Asked* const asked = request_of(
            at + size, most_waiting, [&](const Asked& known) { return is_answer_to(frame, known.request); });
        talk_.received_frames.push_back({at, size});
        take_answer(asked, at, size - crc_size);
    }

    // The next answer does not begin before its request.
    void take_damaged_answers(std::size_t begin, std::size_t end) {
        auto asked = std::partition_point(asked_.begin(), asked_.end(), [begin](const Asked& known) {
            return known.received_before <= begin;
        });
        for (; begin < end; ++asked) {
            const bool is_last = asked == asked_.end() || asked->received_before >= end;
            const std::size_t next = is_last ? end : asked->received_before;
            take_between_requests(begin, next);
            begin = next;
            if (is_last) {
                return;
            }
        }
    }

    // Of one that is cut off all that is left counts as registers.
    void take_between_requests(std::size_t at, std::size_t end) {
        while (at + answer_head + crc_size < end) {
            const ByteView rest = ByteView(talk_.received).subspan(at, end - at);
            const std::size_t whole = answer_head + rest[2] + crc_size;
            const std::size_t size = std::min(whole, rest.size());
            const Asked* const asked = damaged_answer_to(rest, at + size);
            if (asked == nullptr) {
                ++at;
                continue;
            }
            if (size == whole) {
                talk_.received_frames.push_back({at, size});
            }
            take_answer(asked, at, size == whole ? size - crc_size : size);
            at += size;
        }
    }

    // Unit, function and length are right.
    const Asked* damaged_answer_to(ByteView bytes, std::size_t end) const {
        constexpr std::size_t newest = 2;
        return request_of(end, newest, [&](const Asked& asked) {
            const Request& request = asked.request;
            return !is_write(request) && bytes[0] == request.unit &&
                   bytes[1] == static_cast<std::uint8_t>(request.function) &&
                   bytes[2] == 2U * request.operand;
        });
    }

    bool is_tcp_;
    ModbusTalk talk_;
    std::size_t sent_to_ = 0;
    std::vector<Asked> asked_;
};

} // namespace

ModbusTalk modbus_talk(bool is_tcp, const std::vector<TalkPiece>& pieces) {
    return Listener(is_tcp).listen(pieces);
}

} // namespace gridbridge
