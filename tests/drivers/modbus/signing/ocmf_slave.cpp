#include "tests/drivers/modbus/signing/ocmf_slave.hpp"

#include "app/simulate/modbus_slave.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstdlib>

#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

namespace gridbridge {

using namespace std::chrono_literals;

OcmfSlave::OcmfSlave(Line line, OcmfMeter::Behaviour behaviour)
    : line_(line), meter_(behaviour), image_(*built_in_image("em580")) {
    image_.registers[0x0303] = 0x2107;
    image_.registers[0x0307] = 315;
    image_.registers[0x5007] = 2025;
    image_.registers[0x5012] = 0x2401; // V1N, a bit that is not reported, measure module
    if (line == Line::Pty) {
        std::array<char, 100> name{};
        termios raw{};
        cfmakeraw(&raw);
        EXPECT_EQ(openpty(&link_, &slave_, name.data(), &raw, nullptr), 0);
        path_ = name.data();
    } else {
        listener_ = socket(AF_INET, SOCK_STREAM, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof address;
        auto* const any = reinterpret_cast<sockaddr*>(&address);
        EXPECT_EQ(bind(listener_, any, size), 0);
        EXPECT_EQ(listen(listener_, 1), 0);
        EXPECT_EQ(getsockname(listener_, any, &size), 0);
        port_ = ntohs(address.sin_port);
    }
    thread_ = std::jthread([this](const std::stop_token& stop) { serve(stop); });
}

OcmfSlave::~OcmfSlave() {
    thread_.request_stop();
    thread_.join();
    for (const int fd : {listener_, link_, slave_}) {
        if (fd >= 0) {
            close(fd);
        }
    }
}

MeterConfig OcmfSlave::config() const {
    MeterConfig meter;
    meter.driver = DriverKind::Em580;
    meter.model = "em580";
    meter.uri = "em580+test";
    meter.interval = 20ms;
    if (line_ == Line::Pty) {
        meter.transport = Transport::Rtu;
        meter.path = path_;
        meter.baud = 115200;
    } else {
        meter.transport = Transport::Tcp;
        meter.host = "127.0.0.1";
        meter.port = port_;
    }
    return meter;
}

void OcmfSlave::serve(const std::stop_token& stop) {
    const SlaveFraming framing = line_ == Line::Pty ? SlaveFraming::Serial : SlaveFraming::Tcp;
    std::vector<std::uint8_t> received;
    while (!stop.stop_requested()) {
        std::array<pollfd, 2> waiting{pollfd{listener_, POLLIN, 0}, pollfd{link_, POLLIN, 0}};
        poll(waiting.data(), waiting.size(), 20);
        if ((waiting[0].revents & POLLIN) != 0) {
            if (link_ >= 0) {
                close(link_);
            }
            link_ = accept(listener_, nullptr, nullptr);
            received.clear();
            continue;
        }
        if ((waiting[1].revents & POLLIN) == 0) {
            continue;
        }
        std::array<std::uint8_t, 512> buffer{};
        const ssize_t count = ::read(link_, buffer.data(), buffer.size());
        if (count <= 0 && listener_ >= 0) {
            close(link_);
            link_ = -1;
        }
        received.insert(received.end(), buffer.begin(), buffer.begin() + std::max<ssize_t>(count, 0));
        std::size_t consumed = 0;
        while (const auto request = take_request(received, framing, consumed)) {
            received.erase(received.begin(), received.begin() + static_cast<std::ptrdiff_t>(consumed));
            const auto answer = framed(*request, answer_to(request->pdu), framing);
            if (!is_silent && ::write(link_, answer.data(), answer.size()) < 0) {
                break;
            }
        }
    }
}

std::vector<std::uint8_t> OcmfSlave::answer_to(const std::vector<std::uint8_t>& pdu) {
    const std::lock_guard lock(mutex_);
    const auto now = Clock::now();
    meter_.pass(now - passed_);
    passed_ = now;
    if (is_silent) {
        return {};
    }
    if (pdu.at(0) == 4) {
        return read(pdu);
    }
    if (pdu.at(0) != 16 || pdu.size() != 6U + pdu.at(5) || pdu.at(5) != 2 * word_at(pdu, 3)) {
        return exception_reply(pdu.at(0), 1);
    }
    OcmfMeter::Words words;
    for (std::size_t i = 6; i < pdu.size(); i += 2) {
        words.push_back(static_cast<std::uint16_t>(word_at(pdu, i)));
    }
    if (!meter_.write(static_cast<std::uint16_t>(word_at(pdu, 1)), words)) {
        return exception_reply(16, 3);
    }
    return {pdu.begin(), pdu.begin() + 5};
}

std::vector<std::uint8_t> OcmfSlave::read(const std::vector<std::uint8_t>& pdu) {
    const unsigned address = word_at(pdu, 1);
    const unsigned count = word_at(pdu, 3);
    if ((address < 0x2400 || address > 0x26FF) && (address < 0x6900 || address > 0x78FF)) {
        return answer(image_, pdu);
    }
    if (count > 125) {
        return exception_reply(4, 3);
    }
    std::vector<std::uint8_t> reply{4, static_cast<std::uint8_t>(2 * count)};
    const OcmfMeter::Words words = meter_.read(static_cast<std::uint16_t>(address), count);
    for (const std::uint16_t word : words) {
        add_word(reply, word);
    }
    return reply;
}

} // namespace gridbridge
