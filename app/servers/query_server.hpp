// The UDP socket of the query service: one command per datagram, one datagram back.
#pragma once

#include "drivers/text/endpoint.hpp"
#include "drivers/waist/log.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace gridbridge {

// Answers on a thread of its own from the constructor to the destructor; `answer` is called there. A port in
// use is tried again for ever.
class QueryServer {
  public:
    using Answer = std::function<std::string(std::string_view command)>;

    QueryServer(Endpoint listen, Answer answer, Log log);
    ~QueryServer();
    QueryServer(const QueryServer&) = delete;
    QueryServer& operator=(const QueryServer&) = delete;

    std::uint16_t port() const; // 0 while it cannot listen

  private:
    class Server;
    std::unique_ptr<Server> server_;
};

} // namespace gridbridge
