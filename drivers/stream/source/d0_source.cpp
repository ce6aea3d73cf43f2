#include "drivers/stream/source/d0_source.hpp"

#include <algorithm>
#include <utility>

namespace gridbridge {
namespace {

class D0Source final : public Wire {
  public:
    D0Source(D0SessionOptions options, std::unique_ptr<Wire> line)
        : line_(std::move(line)), session_(std::move(options)) {}

    void open(const std::stop_token& stop) override {
        line_->open(stop);
        session_.start(Clock::now());
    }
    std::size_t read_some(std::span<std::uint8_t> buffer, Clock::time_point deadline,
                          const std::stop_token& stop) override;
    void close() noexcept override { line_->close(); }
    std::string name() const override { return line_->name(); }
    bool reopen_when_silent() const override { return line_->reopen_when_silent(); }

  private:
    void perform(const D0Action& action, const std::stop_token& stop);

    std::unique_ptr<Wire> line_;
    D0Session session_;
};

std::size_t D0Source::read_some(std::span<std::uint8_t> buffer, Clock::time_point deadline,
                                const std::stop_token& stop) {
    while (!stop.stop_requested()) {
        while (const auto action = session_.next(Clock::now())) {
            perform(*action, stop);
        }
        const auto until = std::min(deadline, session_.wake_at());
        if (const std::size_t size = line_->read_some(buffer, until, stop); size > 0) {
            session_.received(buffer.first(size), Clock::now());
            return size;
        }
        if (Clock::now() >= deadline) {
            break;
        }
    }
    return 0;
}

void D0Source::perform(const D0Action& action, const std::stop_token& stop) {
    if (action.baud != 0) {
        line_->set_speed(action.baud);
    }
    if (!action.send.empty()) {
        line_->write(action.send, stop);
    }
}

} // namespace

D0SessionOptions d0_session_options(const MeterConfig& meter) {
    const bool serial = meter.transport == Transport::Serial;
    D0SessionOptions options;
    options.mode = meter.mode == ReadoutMode::Auto && !serial ? ReadoutMode::Push : meter.mode;
    options.address = meter.address;
    options.wakeup = meter.wakeup;
    options.listen_baud = serial_settings(meter).baud;
    options.request_baud = meter.mode == ReadoutMode::Request ? options.listen_baud : options.request_baud;
    options.can_change_speed = serial;
    options.interval = meter.interval;
    return options;
}

std::unique_ptr<Wire> make_d0_source(const MeterConfig& meter, std::unique_ptr<Wire> line) {
    return std::make_unique<D0Source>(d0_session_options(meter), std::move(line));
}

} // namespace gridbridge
