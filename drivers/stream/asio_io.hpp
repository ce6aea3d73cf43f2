// Reading and writing an asio stream with a deadline and a stop request. Only for the sources that own one.
#pragma once

#include "drivers/progress.hpp"
#include "drivers/reading.hpp"

#include <asio/buffer.hpp>
#include <asio/error.hpp>
#include <asio/io_context.hpp>
#include <asio/write.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <stop_token>

namespace gridbridge {

// Runs what was started on `io` until it is done. At the deadline or on stop, `cancel` ends it first.
template <typename Cancel>
void run_until(asio::io_context& io, Clock::time_point deadline, const std::stop_token& stop, Cancel cancel) {
    io.restart();
    {
        const std::stop_callback wake(stop, [&io] { io.stop(); });
        const WaitingUntil waiting(deadline);
        io.run_until(deadline);
    }
    if (io.stopped() && !stop.stop_requested()) {
        return;
    }
    cancel();
    io.restart();
    io.run();
}

// Reads from an asio stream; 0 when it was cancelled. Errors end in `error`.
template <typename Stream>
std::size_t read_once(asio::io_context& io, Stream& stream, std::span<std::uint8_t> buffer,
                      Clock::time_point deadline, const std::stop_token& stop, asio::error_code& error) {
    std::size_t size = 0;
    error.clear();
    stream.async_read_some(asio::buffer(buffer.data(), buffer.size()),
                           [&](const asio::error_code& result, std::size_t count) {
                               error = result;
                               size = count;
                           });
    run_until(io, deadline, stop, [&stream] {
        asio::error_code ignored;
        stream.cancel(ignored);
    });
    if (error == asio::error::operation_aborted) {
        error.clear();
    }
    return size;
}

// Sends to an asio stream until all is sent, the deadline passed or stop was requested.
template <typename Stream>
asio::error_code write_all(asio::io_context& io, Stream& stream, std::span<const std::uint8_t> bytes,
                           const std::stop_token& stop) {
    constexpr std::chrono::seconds limit(5);
    asio::error_code error;
    asio::async_write(stream, asio::buffer(bytes.data(), bytes.size()),
                      [&](const asio::error_code& result, std::size_t /*count*/) { error = result; });
    run_until(io, Clock::now() + limit, stop, [&stream] {
        asio::error_code ignored;
        stream.cancel(ignored);
    });
    return error == asio::error::operation_aborted ? asio::error_code{} : error;
}

} // namespace gridbridge
