#include "app/servers/viewers.hpp"

#include <asio/buffer.hpp>
#include <asio/write.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace gridbridge {
namespace {

using asio::error_code;

constexpr int send_buffer = 64 * 1024; // what waits in the kernel is old

} // namespace

// Lives as long as an operation on it is under way.
class Viewers::Viewer final : public std::enable_shared_from_this<Viewer> {
  public:
    Viewer(asio::ip::tcp::socket socket, Place place) : socket_(std::move(socket)), place_(std::move(place)) {
        error_code ignored;
        socket_.set_option(asio::socket_base::send_buffer_size(send_buffer),
                           ignored); // NOLINT(bugprone-unused-return-value)
    }

    void start(std::string first) {
        send(std::move(first));
        await_end();
    }

    void take(const LiveTexts& texts, Clock::time_point now) {
        if (is_sending_) {
            wants_all_ = true;
            if (now - sending_since_ > patience) {
                drop();
            }
        } else if (!wants_all_) {
            send(texts.changes);
        } else if (!texts.all.empty()) {
            wants_all_ = false;
            send(texts.all);
        }
    }

    bool wants_all() const { return wants_all_; }
    bool is_open() const { return socket_.is_open(); }
    Places::Id id() const { return place_.id(); }

    void close() {
        error_code ignored;
        socket_.close(ignored); // NOLINT(bugprone-unused-return-value)
    }

  private:
    // With what the kernel still holds for it, which would wait there as long as the other end is silent.
    void drop() {
        error_code ignored;
        socket_.set_option(asio::socket_base::linger(true, 0),
                           ignored); // NOLINT(bugprone-unused-return-value)
        close();
    }

    void send(std::string text) {
        text_ = std::move(text);
        is_sending_ = true;
        sending_since_ = Clock::now();
        asio::async_write(socket_, asio::buffer(text_),
                          [self = shared_from_this()](const error_code& error, std::size_t) {
                              self->is_sending_ = false;
                              if (error) {
                                  self->close();
                                  return;
                              }
                              self->place_.served(Clock::now());
                          });
    }

    // What it says is of no interest; that it closes is.
    void await_end() {
        socket_.async_read_some(asio::buffer(unread_),
                                [self = shared_from_this()](const error_code& error, std::size_t) {
                                    if (error) {
                                        self->close();
                                    } else {
                                        self->await_end();
                                    }
                                });
    }

    asio::ip::tcp::socket socket_;
    Place place_;
    std::array<char, 64> unread_{};
    std::string text_;
    bool wants_all_ = true;
    bool is_sending_ = false;
    Clock::time_point sending_since_;
};

void Viewers::add(asio::ip::tcp::socket socket, Place place, std::string first) {
    forget_closed();
    viewers_.push_back(std::make_shared<Viewer>(std::move(socket), std::move(place)));
    viewers_.back()->start(std::move(first));
    ask();
}

void Viewers::take_texts(const LiveTexts& texts) {
    const auto now = Clock::now();
    for (const auto& viewer : viewers_) {
        viewer->take(texts, now);
    }
    forget_closed();
    is_asking_ = false;
    if (!viewers_.empty()) {
        timer_.expires_after(period);
        timer_.async_wait([this](const error_code& cancelled) {
            if (!cancelled) {
                ask();
            }
        });
    }
}

void Viewers::ask() {
    timer_.cancel();
    if (!std::exchange(is_asking_, true)) {
        ask_(std::any_of(viewers_.begin(), viewers_.end(),
                         [](const auto& viewer) { return viewer->wants_all(); }));
    }
}

bool Viewers::is_full() {
    forget_closed();
    return viewers_.size() >= most;
}

void Viewers::forget_closed() {
    std::erase_if(viewers_, [](const auto& viewer) { return !viewer->is_open(); });
}

void Viewers::close(Places::Id id) {
    for (const auto& viewer : viewers_) {
        if (viewer->id() == id) {
            viewer->close();
        }
    }
}

void Viewers::close_all() {
    timer_.cancel();
    for (const auto& viewer : viewers_) {
        viewer->close();
    }
}

} // namespace gridbridge
