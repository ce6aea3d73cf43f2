#include "drivers/io/serial_port.hpp"
#include "drivers/io/stoppable_io.hpp"
#include "drivers/stream/source/byte_source.hpp"

#include <bit>
#include <cerrno>
#include <chrono>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

namespace gridbridge {
namespace {

constexpr std::chrono::seconds serial_write_limit(5);

std::vector<std::uint8_t> with_even_parity(std::span<const std::uint8_t> bytes) {
    std::vector<std::uint8_t> result(bytes.begin(), bytes.end());
    for (std::uint8_t& byte : result) {
        byte = static_cast<std::uint8_t>(byte | (std::popcount(byte) % 2 != 0 ? 0x80U : 0U));
    }
    return result;
}

bool is_unplugged(const IoResult& result) {
    return result.has_ended || result.error == EIO || result.error == ENODEV || result.error == ENXIO;
}

class SerialSource final : public Wire {
  public:
    SerialSource(std::string path, SerialSettings settings) : path_(std::move(path)), settings_(settings) {}

    void open(const std::stop_token& stop) override;
    std::size_t read_some(std::span<std::uint8_t> buffer, Clock::time_point deadline,
                          const std::stop_token& stop) override;
    void write(std::span<const std::uint8_t> bytes, const std::stop_token& stop) override;
    void set_speed(int baud) override;
    void close() noexcept override { port_.reset(); }
    std::string name() const override { return path_; }

  private:
    void configure();
    int descriptor() const { return port_ ? port_->get() : -1; }

    std::string path_;
    SerialSettings settings_;
    bool parity_in_bit_7_ = false; // of what is sent
    std::optional<SerialPort> port_;
    StoppableIo io_;
};

void SerialSource::open(const std::stop_token& /*stop*/) {
    close();
    port_.emplace(path_);
    try {
        port_->claim();
        configure();
        port_->forget_waiting(); // telegrams of any age
    } catch (...) {
        close();
        throw;
    }
}

void SerialSource::configure() {
    port_->set_speed(settings_.baud);
    parity_in_bit_7_ = settings_.seven_bit_text && settings_.data_bits == 8;
    try {
        port_->set_format({settings_.data_bits, parity_letter(settings_.parity), settings_.stop_bits});
    } catch (const LinkLost&) { // some adapters have no 7 bits
        if (!settings_.seven_bit_text) {
            throw;
        }
        port_->set_format({8, parity_letter(Parity::None), settings_.stop_bits});
        parity_in_bit_7_ = true;
    }
    port_->set_request_lines(settings_.request);
}

void SerialSource::set_speed(int baud) {
    if (!port_) {
        throw LinkLost(path_ + ": not open");
    }
    port_->set_speed(baud);
}

std::size_t SerialSource::read_some(std::span<std::uint8_t> buffer, Clock::time_point deadline,
                                    const std::stop_token& stop) {
    const IoResult result = io_.read(descriptor(), buffer, deadline, stop);
    if (is_unplugged(result)) {
        throw LinkLost(path_ + ": link lost: the adapter was unplugged or the port closed");
    }
    if (result.error != 0) {
        throw LinkLost(path_ + ": link lost: " + std::generic_category().message(result.error));
    }
    return result.size;
}

void SerialSource::write(std::span<const std::uint8_t> bytes, const std::stop_token& stop) {
    const auto sent = parity_in_bit_7_ ? with_even_parity(bytes) : std::vector(bytes.begin(), bytes.end());
    const IoResult result = io_.write(descriptor(), sent, Clock::now() + serial_write_limit, stop);
    if (result.error != 0) {
        throw LinkLost(path_ + ": cannot send: " + std::generic_category().message(result.error));
    }
}

} // namespace

std::unique_ptr<Wire> make_serial_source(std::string path, SerialSettings settings) {
    return std::make_unique<SerialSource>(std::move(path), settings);
}

} // namespace gridbridge
