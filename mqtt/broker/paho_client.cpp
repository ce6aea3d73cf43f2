#include "mqtt/broker/paho_client.hpp"

#include "drivers/io/link_lost.hpp"
#include "drivers/waist/clock.hpp"
#include "mqtt/broker/other_service.hpp"
#include "mqtt/broker/paho_names.hpp"
#include "mqtt/broker/paho_session.hpp"
#include "mqtt/broker/reach.hpp"
#include "mqtt/broker/tls_probe.hpp"
#include "mqtt/connection/broker_errors.hpp"

#include <MQTTAsync.h>
#include <mqtt/exception.h>

#include <mutex>
#include <stop_token>
#include <thread>
#include <utility>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;

constexpr auto reach_limit = 5s;     // for the name and a TCP connection
constexpr auto answer_expected = 5s; // of a broker; then we look what else may listen there
constexpr auto leave_limit = 200ms;  // a connection that still stands is left in order

void set_up_library() {
    // Paho keeps its last 400 calls in a list. An ending thread may write to it after the last client has
    // freed it (1.3.12, MQTTAsync_terminate); errors alone are kept without that, and it is faster.
    MQTTAsync_setTraceLevel(MQTTASYNC_TRACE_ERROR);
    // OpenSSL sets itself up when it is used; done by Paho for every client it costs 1 MB without any TLS.
    MQTTAsync_init_options options = MQTTAsync_init_options_initializer;
    options.do_openssl_init = 0;
    MQTTAsync_global_init(&options);
}

// Everything that may wait happens on the thread of the attempt: leaving and freeing the session before,
// looking for the host, making the new one, and looking why it fails. The publisher only hands over messages.
class PahoClient : public MqttClient {
  public:
    PahoClient(BrokerOptions options, ClientInbox& inbox) : options_(std::move(options)), inbox_(inbox) {
        static std::once_flag once;
        std::call_once(once, set_up_library);
    }
    PahoClient(const PahoClient&) = delete;
    PahoClient& operator=(const PahoClient&) = delete;
    ~PahoClient() override {
        attempt_.request_stop();
        if (const auto session = take_session()) {
            session->silence();
        }
    }

    void connect(std::size_t server, const std::vector<std::string>& filters) override {
        begin([this, server, filters](const std::stop_token& stop) { attempt(server, filters, stop); });
    }

    Sent publish(const Message& message) override {
        const auto session = current();
        return session ? session->publish(message) : Sent::Later;
    }

    std::size_t queued() const override {
        const auto session = current();
        return session ? session->queued() : 0;
    }

    Backlog backlog() const override {
        const auto session = current();
        return session ? session->backlog() : Backlog{};
    }

    bool ask_echo() override {
        const auto session = current();
        return session && session->ask_echo();
    }

    void subscribe(const std::vector<std::string>& filters) override {
        if (const auto session = current()) {
            session->subscribe(filters);
        }
    }

    void unsubscribe(const std::vector<std::string>& filters) override {
        if (const auto session = current()) {
            session->unsubscribe(filters);
        }
    }

    void abort() override {
        if (const auto session = current()) {
            session->abort();
        }
    }

    void disconnect(std::chrono::milliseconds limit) override {
        if (limit == 0ms) {
            begin([](const std::stop_token&) {});
        } else if (const auto session = take_session()) {
            session->disconnect(limit);
            begin([session](const std::stop_token&) {}); // frees it
        }
    }

  private:
    using Session = std::shared_ptr<PahoSession>;

    Session current() const {
        const std::lock_guard lock(mutex_);
        return session_;
    }
    Session take_session() {
        const std::lock_guard lock(mutex_);
        return std::exchange(session_, nullptr);
    }
    // False: the attempt is no longer wanted.
    bool keep(const Session& session, const std::stop_token& stop) {
        const std::lock_guard lock(mutex_);
        if (stop.stop_requested()) {
            return false;
        }
        session_ = session;
        return true;
    }

    // Ends what goes on and then does `work`, all on a thread of its own. Never two connections in parallel.
    template <typename Work>
    void begin(Work work) {
        attempt_.request_stop();
        Session old = take_session();
        if (old) {
            old->silence();
        }
        attempt_ = std::jthread([before = std::move(attempt_), old = std::move(old),
                                 work = std::move(work)](const std::stop_token& stop) mutable {
            before = {}; // joins
            if (old && old->was_up()) {
                old->disconnect(leave_limit);
            }
            old.reset();
            if (!stop.stop_requested()) {
                work(stop);
            }
        });
    }

    void attempt(std::size_t server, const std::vector<std::string>& filters, const std::stop_token& stop) {
        const std::string& name = options_.servers.at(server);
        try {
            const StopWait wait(stop);
            const std::string address = reachable_address(name, Clock::now() + reach_limit, wait);
            set_paho_address(broker_endpoint(name).host, address);
            const auto session = std::make_shared<PahoSession>(options_, name, address, filters, inbox_);
            if (!keep(session, stop)) {
                return;
            }
            session->start(connect_limit(options_.servers.size(), attempts_++));
            if (!session->has_outcome_within(answer_expected, stop)) {
                if (std::string other = what_listens(name, address, wait); !other.empty()) {
                    session->silence();
                    fail(std::move(other));
                    return;
                }
            }
            if (const auto refusal = session->await_outcome(stop)) {
                fail(why(*refusal, name, address, wait));
            } else if (session->was_up()) {
                attempts_ = 0;
            }
        } catch (const Stopped&) { // nobody wants to know
        } catch (const mqtt::exception& error) {
            fail(refusal_text(error.get_return_code(), error.get_reason_code()));
        } catch (const std::exception& error) {
            fail(error.what());
        }
    }

    void fail(std::string reason) { inbox_.push({ClientEvent::Kind::Failed, std::move(reason), {}}); }

    std::string why(const PahoSession::Refusal& refusal, const std::string& server,
                    const std::string& address, const StopWait& wait) const {
        const std::string known =
            refusal.return_code < 0 ? what_listens(server, address, wait) : std::string();
        return known.empty() ? refusal_text(refusal.return_code, refusal.reason_code) : known;
    }

    std::string refusal_text(int return_code, int reason_code) const {
        const bool is_known_by_certificate = options_.username.empty() && !options_.cert_file.empty();
        return explain_refusal(return_code, reason_code,
                               is_known_by_certificate ? LoginBy::Certificate : LoginBy::Password);
    }

    // Why what listens there is no broker for us; empty: it may be one.
    std::string what_listens(const std::string& server, const std::string& address,
                             const StopWait& wait) const {
        return server.starts_with("mqtts://") ? why_tls_fails(options_, server, address, wait)
                                              : what_else_listens(server, address, wait);
    }

    BrokerOptions options_;
    ClientInbox& inbox_;
    mutable std::mutex mutex_;
    Session session_;          // guarded by mutex_
    std::size_t attempts_ = 0; // in a row that failed; of the attempt's thread
    std::jthread attempt_;     // last: joined before the others go
};

} // namespace

std::chrono::seconds connect_limit(std::size_t servers, std::size_t failed_attempts) {
    return servers > 1 && failed_attempts < servers ? 5s : 35s;
}

std::unique_ptr<MqttClient> make_paho_client(BrokerOptions options, ClientInbox& inbox) {
    return std::make_unique<PahoClient>(std::move(options), inbox);
}

} // namespace gridbridge
