#include "app/log/log_queue.hpp"

#include "drivers/io/descriptor.hpp"

#include <gtest/gtest.h>

#include <array>
#include <csignal>
#include <string>
#include <thread>

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

namespace gridbridge {
namespace {

// As in the program: a reader that has left is an error, not a signal.
const auto no_signal = std::signal(SIGPIPE, SIG_IGN);

struct Ends {
    Descriptor reader, writer;
};

Ends make_pipe() {
    std::array<int, 2> fds{};
    EXPECT_EQ(::pipe2(fds.data(), O_CLOEXEC), 0);
    return {Descriptor(fds[0]), Descriptor(fds[1])};
}

Ends make_socket() {
    std::array<int, 2> fds{};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds.data()), 0);
    return {Descriptor(fds[0]), Descriptor(fds[1])};
}

// Until `text` has come; the test's own time limit ends it otherwise.
std::string read_until(int fd, const std::string& text) {
    std::string all;
    std::array<char, 4096> buffer{};
    while (all.find(text) == std::string::npos) {
        const ssize_t count = ::read(fd, buffer.data(), buffer.size());
        if (count <= 0) {
            break;
        }
        all.append(buffer.data(), static_cast<std::size_t>(count));
    }
    return all;
}

TEST(LogQueue, WritesLinesInOrder) {
    const Ends ends = make_pipe();
    LogQueue queue(ends.writer.get());
    queue.push("one\n");
    queue.push("two\n");
    queue.push("three\n");
    EXPECT_EQ(read_until(ends.reader.get(), "three\n"), "one\ntwo\nthree\n");
    EXPECT_EQ(queue.lost(), 0U);
}

TEST(LogQueue, AStuckReaderHoldsUpNobodyAndTheLostLinesAreCounted) {
    for (const Ends& ends : {make_pipe(), make_socket()}) {
        LogQueue queue(ends.writer.get());
        const std::string line(1000, 'x');
        constexpr int many = 5000; // far more than the pipe and the queue hold
        for (int i = 0; i < many; ++i) {
            queue.push(line + "\n"); // returns although nobody reads
        }
        EXPECT_GT(queue.lost(), 0U);
        const std::string all = read_until(ends.reader.get(), "could not be written");
        EXPECT_NE(all.find(" log lines could not be written"), std::string::npos);
    }
}

TEST(LogQueue, EndsAlthoughNobodyReads) {
    const Ends ends = make_pipe();
    {
        LogQueue queue(ends.writer.get());
        for (int i = 0; i < 1000; ++i) {
            queue.push(std::string(1000, 'x') + "\n");
        }
    }                                  // returns
    const std::string line(1000, 'x'); // maybe behind the count of those that did not fit
    EXPECT_NE(read_until(ends.reader.get(), line).find(line), std::string::npos);
}

TEST(LogQueue, WritesWhatIsQueuedBeforeItEnds) {
    const Ends ends = make_pipe();
    { LogQueue(ends.writer.get()).push("the last words\n"); }
    EXPECT_EQ(read_until(ends.reader.get(), "words\n"), "the last words\n");
}

} // namespace
} // namespace gridbridge
