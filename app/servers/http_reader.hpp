// Messages of HTTP/1.1 (RFC 9112) as their bytes come in, without a socket. The grammar is http-parser's.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gridbridge {

struct HttpMessage {
    std::string method;                                       // of a request
    std::string path;                                         // of a request, as sent: nothing decoded
    std::string query;                                        // what follows `?`, as sent
    int status = 0;                                           // of a response
    std::vector<std::pair<std::string, std::string>> headers; // names in lower case
    std::string body;
    std::string from; // address of the client: set by the server

    // The value of the first header of that name; empty when there is none.
    std::string_view header(std::string_view lower_case_name) const;
};

// Reads one message; what follows it is ignored. One thread at a time.
class HttpReader {
  public:
    enum class Kind : bool { Request, Response };
    enum class State : unsigned char { Incomplete, Whole, Invalid, TooLong };

    // `max_size`: bytes of the message with all header lines.
    HttpReader(Kind kind, std::size_t max_size);
    ~HttpReader();
    HttpReader(const HttpReader&) = delete;
    HttpReader& operator=(const HttpReader&) = delete;

    State take(std::string_view bytes);
    // The other side has closed, which is how a response without a length ends.
    State end();
    // Complete in State::Whole.
    const HttpMessage& message() const;

  private:
    class Parser;
    std::unique_ptr<Parser> parser_;
};

// "OK" of 200.
std::string_view http_reason(int status);

} // namespace gridbridge
