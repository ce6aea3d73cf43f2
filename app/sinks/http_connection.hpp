// HTTP/1.1 to a store, over TCP or TLS.
#pragma once

#include "drivers/io/io_wait.hpp"
#include "drivers/text/endpoint.hpp"

#include <memory>
#include <string>
#include <string_view>

namespace gridbridge {

class TlsLine;

struct HttpPlace {
    bool tls = false;
    Endpoint at;
    std::string ca_file;   // empty: those of the system
    std::string cert_file; // with key_file; empty: none
    std::string key_file;
    bool insecure = false; // any certificate of the server will do
};

struct HttpAnswer {
    int status = 0;
    std::string retry_after; // header; empty: none
    std::string body;        // what of it matters for a message
};

// One at a time, kept open between requests. By one thread. Every wait ends at once when stop is requested.
class HttpConnection {
  public:
    explicit HttpConnection(HttpPlace place);
    ~HttpConnection();
    HttpConnection(const HttpConnection&) = delete;
    HttpConnection& operator=(const HttpConnection&) = delete;

    // `head`: request line and headers, each with its line end, without the empty line. Throws LinkLost (for
    // people, with the fix) when there is no whole answer by `deadline`, or Stopped.
    HttpAnswer ask(std::string_view head, std::string_view body, Clock::time_point deadline,
                   const StopWait& wait);
    void close();

  private:
    void send(std::string_view head, std::string_view body, Clock::time_point deadline, const StopWait& wait);
    HttpAnswer try_once(std::string_view head, std::string_view body, Clock::time_point deadline,
                        const StopWait& wait, bool& was_answered);

    HttpPlace place_;
    std::unique_ptr<TlsLine> line_;
};

} // namespace gridbridge
