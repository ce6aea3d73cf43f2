#include "app/servers/http_answers.hpp"
#include "app/servers/http_reader.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gridbridge {
namespace {

using testing::AllOf;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;
using State = HttpReader::State;

const std::string post =
    "POST /api/x?a=1&b=%20 HTTP/1.1\r\nHost: meter.lan:8480\r\nContent-Type: application/json\r\n"
    "Content-Length: 9\r\n\r\n{\"a\": 12}";

TEST(HttpReader, ARequestInOnePieceAndByteByByteIsTheSame) {
    for (const std::size_t step : {post.size(), std::size_t{1}, std::size_t{7}}) {
        HttpReader reader(HttpReader::Kind::Request, 8192);
        for (std::size_t at = 0; at < post.size(); at += step) {
            const State state = reader.take(std::string_view(post).substr(at, step));
            EXPECT_EQ(state, at + step < post.size() ? State::Incomplete : State::Whole) << at;
        }
        const HttpMessage& request = reader.message();
        EXPECT_EQ(request.method, "POST");
        EXPECT_EQ(request.path, "/api/x");
        EXPECT_EQ(request.query, "a=1&b=%20");
        EXPECT_EQ(request.header("host"), "meter.lan:8480");
        EXPECT_EQ(request.header("content-type"), "application/json");
        EXPECT_EQ(request.header("origin"), "");
        EXPECT_EQ(request.body, "{\"a\": 12}");
    }
}

TEST(HttpReader, WhatFollowsARequestIsIgnored) {
    HttpReader reader(HttpReader::Kind::Request, 8192);
    EXPECT_EQ(reader.take("GET /a HTTP/1.1\r\n\r\nGET /b HTTP/1.1\r\n\r\n"), State::Whole);
    EXPECT_EQ(reader.take("GET /c HTTP/1.1\r\n\r\n"), State::Whole);
    EXPECT_EQ(reader.message().path, "/a");
}

TEST(HttpReader, AProxyNamesTheWholeAddress) {
    HttpReader reader(HttpReader::Kind::Request, 8192);
    ASSERT_EQ(reader.take("GET http://gateway:8480/health?x HTTP/1.1\r\n\r\n"), State::Whole);
    EXPECT_EQ(reader.message().path, "/health");
}

TEST(HttpReader, WhatIsNoRequestIsInvalid) {
    for (const std::string_view bytes :
         {"\x16\x03\x01 not HTTP\r\n\r\n", "GET\r\n\r\n", "GET /x HTTP/9.9.9\r\n\r\n",
          "GET /x HTTP/1.1\r\nA b\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n",
          "POST /x HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab"}) {
        HttpReader reader(HttpReader::Kind::Request, 8192);
        EXPECT_EQ(reader.take(bytes), State::Invalid) << bytes;
        EXPECT_EQ(reader.take("GET / HTTP/1.1\r\n\r\n"), State::Invalid) << "nothing mends it";
    }
}

TEST(HttpReader, ARequestHasABound) {
    HttpReader headers(HttpReader::Kind::Request, 100);
    EXPECT_EQ(headers.take("GET /x HTTP/1.1\r\nA: " + std::string(80, 'a')), State::TooLong);
    HttpReader body(HttpReader::Kind::Request, 100);
    EXPECT_EQ(body.take("POST /x HTTP/1.1\r\nContent-Length: 999999999999\r\n\r\n"), State::Incomplete);
    EXPECT_EQ(body.take(std::string(100, 'b')), State::TooLong);
    HttpReader exact(HttpReader::Kind::Request, 19);
    EXPECT_EQ(exact.take("GET /x HTTP/1.1\r\n\r\n"), State::Whole);
}

TEST(HttpReader, AResponseEndsByItsLengthOrWithTheConnection) {
    HttpReader counted(HttpReader::Kind::Response, 8192);
    EXPECT_EQ(counted.take("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 2\r\n\r\nno"), State::Whole);
    EXPECT_EQ(counted.message().status, 503);
    HttpReader open(HttpReader::Kind::Response, 8192);
    EXPECT_EQ(open.take("HTTP/1.0 200 OK\r\n\r\nye"), State::Incomplete);
    EXPECT_EQ(open.take("s"), State::Incomplete);
    EXPECT_EQ(open.end(), State::Whole);
    EXPECT_EQ(open.message().body, "yes");
    HttpReader broken(HttpReader::Kind::Response, 8192);
    EXPECT_EQ(broken.take("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nno"), State::Incomplete);
    EXPECT_EQ(broken.end(), State::Invalid);
}

HttpMessage asked(std::string method, std::string path) {
    HttpMessage request;
    request.method = std::move(method);
    request.path = std::move(path);
    return request;
}

TEST(HttpAnswer, PagesHeadsAndWhatThereIsNot) {
    const PageOf page = [](const HttpMessage& request) {
        return request.path == "/health" && request.method != "POST"
                   ? std::optional(StatusPage{503, "text/plain", "ill"})
                   : std::nullopt;
    };
    EXPECT_THAT(
        http_answer(asked("GET", "/health"), page),
        AllOf(StartsWith(
                  "HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/plain\r\nContent-Length: 3\r\n"),
              HasSubstr("\r\nConnection: close\r\n"), EndsWith("\r\n\r\nill")));
    EXPECT_THAT(http_answer(asked("HEAD", "/health"), page),
                AllOf(HasSubstr("Content-Length: 3\r\n"), EndsWith("\r\n\r\n")));
    EXPECT_THAT(http_answer(asked("GET", "/x\r\nA: b"), page),
                AllOf(StartsWith("HTTP/1.1 404 "), Not(HasSubstr("A: b"))));
    EXPECT_THAT(http_answer(asked("POST", "/health"), page),
                AllOf(StartsWith("HTTP/1.1 405 "), HasSubstr("\r\nAllow: GET, HEAD\r\n")));
    EXPECT_THAT(http_refusal(), StartsWith("HTTP/1.1 400 "));
}

} // namespace
} // namespace gridbridge
