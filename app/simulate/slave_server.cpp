#include "app/simulate/slave_server.hpp"

#include "app/simulate/modbus_slave.hpp"
#include "app/simulate/pty.hpp"
#include "drivers/io/listener.hpp"

#include <algorithm>
#include <array>
#include <deque>
#include <list>
#include <memory>

#include <asio.hpp>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;
using SlaveClock = std::chrono::steady_clock;
using Bytes = std::vector<std::uint8_t>;

bool is_nth(std::uint64_t number, unsigned every) {
    return every != 0 && number % every == 0;
}

// All units, the faults, and the time: what to send and when.
class Meters {
  public:
    explicit Meters(const SlaveOptions& options) : options_(options), images_(options.images) {}

    struct Outcome {
        Bytes bytes; // empty: no answer
        std::chrono::microseconds delay{0};
    };

    Outcome answer_to(const SlaveRequest& request, SlaveFraming framing) {
        const auto image = std::find_if(images_.begin(), images_.end(), [&](const ModbusImage& candidate) {
            return candidate.unit == request.unit;
        });
        if (image == images_.end()) {
            return {};
        }
        if (options_.on_request) {
            options_.on_request(request.unit, request.pdu);
        }
        const SlaveFaults& faults = options_.faults;
        const std::uint64_t number = ++requests_;
        const auto age = SlaveClock::now() - started_;
        const bool silent =
            faults.silence > 0ms && age >= faults.silence_from && age < faults.silence_from + faults.silence;
        const bool ignored = request.pdu.size() > 2 &&
                             image->silent.contains(static_cast<std::uint16_t>(word_at(request.pdu, 1)));
        if (silent || ignored || is_nth(number, faults.drop_every)) {
            return {};
        }
        if (image->move) {
            image->move(*image, std::chrono::duration<double>(age).count());
        }
        const Bytes pdu = is_nth(number, faults.exception_every)
                              ? exception_reply(request.pdu.front(), faults.exception_code)
                              : answer(*image, request.pdu);
        Outcome outcome{framed(request, pdu, framing), options_.turnaround};
        outcome.delay += line_time(request.pdu.size() + 3, outcome.bytes.size());
        outcome.delay += is_nth(number, faults.late_every) ? faults.late : 0ms;
        spoil(outcome.bytes, number);
        return outcome;
    }

  private:
    // Request, silent gap, answer.
    std::chrono::microseconds line_time(std::size_t request, std::size_t reply) const {
        if (options_.pace_baud == 0) {
            return 0us;
        }
        const double bits = 10.0 * (static_cast<double>(request + reply) + 3.5);
        return std::chrono::microseconds(static_cast<std::int64_t>(bits * 1e6 / options_.pace_baud));
    }

    void spoil(Bytes& bytes, std::uint64_t number) const {
        if (is_nth(number, options_.faults.crc_every)) {
            bytes[bytes.size() / 2] ^= 0x10;
        }
        if (is_nth(number, options_.faults.garbage_every)) {
            constexpr std::array<std::uint8_t, 5> noise{0x00, 0x01, 0x03, 0xFF, 0x55};
            bytes.insert(bytes.end(), noise.begin(), noise.end());
        }
    }

    const SlaveOptions& options_;
    std::vector<ModbusImage> images_;
    std::uint64_t requests_ = 0;
    SlaveClock::time_point started_ = SlaveClock::now();
};

class Link {
  public:
    Link() = default;
    Link(const Link&) = delete;
    Link& operator=(const Link&) = delete;
    virtual ~Link() = default;
    virtual void hang_up() = 0;
};

// One client, or the pty. Answers leave in the order of the requests. Shared by its pending operations.
template <typename Stream>
class Connection final : public Link, public std::enable_shared_from_this<Connection<Stream>> {
  public:
    Connection(Stream stream, SlaveFraming framing, Meters& meters)
        : stream_(std::move(stream)), timer_(stream_.get_executor()), framing_(framing), meters_(meters) {}

    void start() { receive(); }

    void hang_up() override {
        asio::error_code ignored;
        timer_.cancel(ignored);
        stream_.close(ignored); // NOLINT(bugprone-unused-return-value)
    }

  private:
    void receive() {
        stream_.async_read_some(asio::buffer(buffer_),
                                [self = this->shared_from_this()](asio::error_code error, std::size_t size) {
                                    if (error) {
                                        self->hang_up();
                                        return;
                                    }
                                    self->take(size);
                                    self->receive();
                                });
    }

    void take(std::size_t size) {
        received_.insert(received_.end(), buffer_.begin(),
                         buffer_.begin() + static_cast<std::ptrdiff_t>(size));
        while (true) {
            std::size_t consumed = 0;
            const auto request = take_request(received_, framing_, consumed);
            received_.erase(received_.begin(), received_.begin() + static_cast<std::ptrdiff_t>(consumed));
            if (!request) {
                return;
            }
            Meters::Outcome outcome = meters_.answer_to(*request, framing_);
            if (!outcome.bytes.empty()) {
                pending_.push_back({std::move(outcome.bytes), SlaveClock::now() + outcome.delay});
                if (pending_.size() == 1) {
                    send_next();
                }
            }
        }
    }

    void send_next() {
        timer_.expires_at(pending_.front().due);
        timer_.async_wait([self = this->shared_from_this()](asio::error_code error) {
            if (error) {
                return;
            }
            asio::async_write(self->stream_, asio::buffer(self->pending_.front().bytes),
                              [self](asio::error_code write_error, std::size_t) {
                                  self->pending_.pop_front();
                                  if (!write_error && !self->pending_.empty()) {
                                      self->send_next();
                                  }
                              });
        });
    }

    struct Pending {
        Bytes bytes;
        SlaveClock::time_point due;
    };

    Stream stream_;
    asio::steady_timer timer_;
    SlaveFraming framing_;
    Meters& meters_;
    std::array<std::uint8_t, 512> buffer_{};
    Bytes received_;
    std::deque<Pending> pending_;
};

class SlaveServer {
  public:
    explicit SlaveServer(const SlaveOptions& options)
        : options_(options), meters_(options),
          listener_(context_, {{options.listen.host, options.listen.port}, {}}, calls()),
          hangup_timer_(context_) {}

    void run(const std::stop_token& stop) {
        if (options_.listen.kind == SlaveListen::Kind::Pty) {
            serve_pty();
        } else {
            listener_.start_or_throw();
        }
        if (options_.faults.hangup > 0ms) {
            arm_hangup();
        }
        const std::stop_callback on_stop(stop, [this] { context_.stop(); });
        context_.run();
    }

  private:
    void print_line(const std::string& where) const {
        if (options_.print_line) {
            options_.print_line("listening on " + where);
        }
    }

    void serve_pty() {
        pty_.emplace(options_.listen.path);
        asio::posix::stream_descriptor master(context_, ::dup(pty_->master()));
        add(std::make_shared<Connection<asio::posix::stream_descriptor>>(std::move(master),
                                                                         SlaveFraming::Serial, meters_));
        print_line("rtu://" + pty_->path());
    }

    bool is_tcp() const { return options_.listen.kind == SlaveListen::Kind::Tcp; }

    ListenCalls calls() {
        return {.log = [](LogLevel, const std::string&) {},
                .listening =
                    [this](std::uint16_t port) {
                        print_line((is_tcp() ? "tcp://" : "rtutcp://") + options_.listen.host + ':' +
                                   std::to_string(port));
                    },
                .accepted =
                    [this](Accepted client) {
                        add(std::make_shared<Connection<asio::ip::tcp::socket>>(
                            std::move(client.socket), is_tcp() ? SlaveFraming::Tcp : SlaveFraming::Serial,
                            meters_));
                    }};
    }

    template <typename Stream>
    void add(std::shared_ptr<Connection<Stream>> connection) {
        links_.remove_if([](const std::weak_ptr<Link>& link) { return link.expired(); });
        links_.push_back(connection);
        connection->start();
    }

    void arm_hangup() {
        hangup_timer_.expires_after(options_.faults.hangup);
        hangup_timer_.async_wait([this](asio::error_code error) {
            if (error) {
                return;
            }
            for (const auto& weak : links_) {
                if (const auto link = weak.lock()) {
                    link->hang_up();
                }
            }
            links_.clear();
            if (pty_) { // pulled out and plugged in again
                pty_.reset();
                serve_pty();
            }
            arm_hangup();
        });
    }

    const SlaveOptions& options_;
    asio::io_context context_{1};
    Meters meters_;
    std::optional<Pty> pty_;
    Listener listener_;
    asio::steady_timer hangup_timer_;
    std::list<std::weak_ptr<Link>> links_;
};

} // namespace

int serve_slave(const SlaveOptions& options, const std::stop_token& stop) {
    try {
        SlaveServer(options).run(stop);
        return 0;
    } catch (const std::exception& error) {
        if (options.print_line) {
            options.print_line(std::string("error: ") + error.what());
        }
        return 74;
    }
}

} // namespace gridbridge
