#include "app/simulate/stream_server.hpp"

#include "app/config/options.hpp"
#include "app/verbs/verb_table.hpp"
#include "drivers/stream/p1/p1.hpp"

#include <gtest/gtest.h>

#include <variant>

namespace gridbridge {
namespace {

TEST(StreamListenUri, Forms) {
    const auto pty = parse_stream_listen("serial:///tmp/x");
    ASSERT_TRUE(pty);
    EXPECT_EQ(pty->path, "/tmp/x");
    const auto tcp = parse_stream_listen("tcp://127.0.0.1:3240");
    ASSERT_TRUE(tcp);
    EXPECT_EQ(tcp->port, 3240);
    EXPECT_EQ(parse_stream_listen("tcp://127.0.0.1:0")->host, "127.0.0.1");
    EXPECT_EQ(parse_stream_listen("file:///tmp/x")->kind, StreamListen::Kind::File);
    EXPECT_FALSE(parse_stream_listen("file://"));
    EXPECT_FALSE(parse_stream_listen("rtu:///tmp/x"));
    EXPECT_FALSE(parse_stream_listen("tcp://127.0.0.1"));
}

Options parsed(std::vector<const char*> arguments) {
    arguments.insert(arguments.begin(), "gridbridge");
    const auto result = parse_options(static_cast<int>(arguments.size()), arguments.data(), verb_table);
    const auto* const options = std::get_if<Options>(&result);
    EXPECT_NE(options, nullptr) << std::get<Answer>(result).text;
    return options == nullptr ? Options{} : *options;
}

TEST(Options, RunIsTheDefaultAndUrisKeepTheirCommas) {
    const Options options =
        parsed({"--meter", "cg+tcp://h?phases=L2,L3,L1", "--meter", "p1+tcp://d:1", "--mqtt", "b"});
    EXPECT_EQ(options.verb, "run");
    ASSERT_EQ(options.meters.size(), 2U);
    EXPECT_EQ(options.meters[0], "cg+tcp://h?phases=L2,L3,L1");
    EXPECT_EQ(options.mqtt, "b");
}

TEST(Options, ArgumentsStandBehindTheVerb) {
    const Options options = parsed({"decode", "p1", "-", "--log-level", "debug"});
    EXPECT_EQ(options.verb, "decode");
    EXPECT_EQ(options.arguments, (std::vector<std::string>{"p1", "-"}));
    EXPECT_EQ(options.log_level, "debug");
}

} // namespace
} // namespace gridbridge
