#include "tests/integration/process.hpp"

#include "tests/fakes/free_port.hpp"

#include <gtest/gtest.h>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <stdexcept>

namespace gridbridge::testing_support {
namespace {

struct Pipe {
    int read = -1;
    int write = -1;
};

Pipe make_pipe() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
        throw std::runtime_error("pipe");
    }
    return {ends[0], ends[1]};
}

int spawn(const std::vector<std::string>& command, int output, int errors) {
    std::vector<char*> arguments;
    for (const std::string& argument : command) {
        arguments.push_back(const_cast<char*>(argument.c_str()));
    }
    arguments.push_back(nullptr);
    const int pid = ::fork();
    if (pid == 0) {
        ::prctl(PR_SET_PDEATHSIG, SIGKILL); // a killed test leaves nobody who holds a port
        ::dup2(output, STDOUT_FILENO);
        ::dup2(errors, STDERR_FILENO);
        sigset_t none;
        sigemptyset(&none);
        sigprocmask(SIG_SETMASK, &none, nullptr);
        ::execvp(arguments[0], arguments.data());
        ::_exit(127);
    }
    return pid;
}

template <typename Condition>
bool poll_until(std::chrono::milliseconds limit, const Condition& condition) {
    const auto end = std::chrono::steady_clock::now() + limit;
    while (!condition()) {
        if (std::chrono::steady_clock::now() > end) {
            return false;
        }
        std::this_thread::sleep_for(
            std::chrono::milliseconds(5)); // polling a condition, not waiting for luck
    }
    return true;
}

bool accepts_connections(int port) {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    const bool accepted = ::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
    ::close(fd);
    return accepted;
}

} // namespace

Process::Process(std::vector<std::string> command) {
    const Pipe output = make_pipe();
    const Pipe errors = make_pipe();
    pid_ = spawn(command, output.write, errors.write);
    ::close(output.write);
    ::close(errors.write);
    readers_.emplace_back([this, fd = output.read] { collect(fd, output_); });
    readers_.emplace_back([this, fd = errors.read] { collect(fd, errors_); });
}

Process::~Process() {
    if (!exit_code_) {
        ::kill(pid_, SIGKILL);
        wait();
    }
    drain();
}

void Process::drain() {
    for (std::thread& reader : readers_) {
        reader.join();
    }
    readers_.clear();
}

void Process::collect(int fd, std::string& into) {
    std::array<char, 4096> chunk{};
    ssize_t count = 0;
    while ((count = ::read(fd, chunk.data(), chunk.size())) > 0) {
        const std::lock_guard lock(mutex_);
        into.append(chunk.data(), static_cast<std::size_t>(count));
        changed_.notify_all();
    }
    ::close(fd);
}

void Process::signal(int number) const {
    ::kill(pid_, number);
}

std::optional<int> Process::wait(std::chrono::milliseconds limit) {
    if (exit_code_) {
        return exit_code_;
    }
    int status = 0;
    if (!poll_until(limit, [&] { return ::waitpid(pid_, &status, WNOHANG) == pid_; })) {
        return std::nullopt;
    }
    exit_code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return exit_code_;
}

std::optional<std::string> Process::wait_for_line(const std::string& text, std::chrono::seconds limit) {
    std::optional<std::string> line;
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, limit, [&] {
        for (const std::string* from : {&output_, &errors_}) {
            const auto at = from->find(text);
            const auto end = at == std::string::npos ? at : from->find('\n', at);
            if (end != std::string::npos) {
                const auto begin = from->rfind('\n', at);
                line = from->substr(begin == std::string::npos ? 0 : begin + 1, end - begin - 1);
                return true;
            }
        }
        return false;
    });
    if (!line) {
        std::cerr << "no line with \"" << text << "\" in:\n" << output_ << errors_ << std::flush;
    }
    return line;
}

std::string Process::output() const {
    const std::lock_guard lock(mutex_);
    return output_;
}

std::string Process::errors() const {
    const std::lock_guard lock(mutex_);
    return errors_;
}

Result run(std::vector<std::string> command) {
    Result result;
    auto process = std::make_unique<Process>(std::move(command));
    const auto code = process->wait(patience * 2);
    EXPECT_TRUE(code) << "does not end";
    if (!code) {
        return result;
    }
    result.exit_code = *code;
    process->drain();
    result.output = process->output();
    result.errors = process->errors();
    return result;
}

Result gridbridge(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), GRIDBRIDGE_PROGRAM);
    return run(std::move(arguments));
}

Folder::Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "gridbridge-test-XXXXXX").string();
    path_ = ::mkdtemp(name.data());
}

Folder::~Folder() {
    std::filesystem::remove_all(path_);
}

void Folder::write(const std::string& name, const std::string& text) const {
    std::ofstream(path(name), std::ios::binary) << text;
}

Broker::Broker(bool start_now, const std::string& more) : port_(free_port()) {
    folder_.write("mosquitto.conf",
                  "per_listener_settings true\nset_tcp_nodelay true\npersistence false\nlistener " +
                      std::to_string(port_) + " 127.0.0.1\nallow_anonymous true\n" + more);
    if (start_now) {
        start();
    }
}

void Broker::start() {
    process_ = std::make_unique<Process>(
        std::vector<std::string>{"mosquitto", "-c", folder_.path("mosquitto.conf")});
    if (!poll_until(patience, [&] { return accepts_connections(port_); })) {
        throw std::runtime_error("mosquitto does not start: " + process_->errors());
    }
}

void Broker::pause(bool stop) const {
    process_->signal(stop ? SIGSTOP : SIGCONT);
}

void Broker::publish(const std::string& topic, const std::string& payload) const {
    const Result result =
        run({"mosquitto_pub", "-h", "127.0.0.1", "-p", std::to_string(port_), "-t", topic, "-m", payload});
    EXPECT_EQ(result.exit_code, 0) << result.errors;
}

Subscriber::Subscriber(const Broker& broker, const std::string& filter) {
    const Pipe output = make_pipe();
    const int nothing = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
    pid_ = spawn({"mosquitto_sub", "-h", "127.0.0.1", "-p", std::to_string(broker.port()), "-t", filter, "-t",
                  "test/ready", "-F", "%r %t %p"},
                 output.write, nothing);
    ::close(output.write);
    ::close(nothing);
    reader_ = std::thread([this, fd = output.read] { read(fd); });
    const bool ready = poll_until(patience, [&] {
        broker.publish("test/ready", "yes");
        const std::lock_guard lock(mutex_);
        return !arrived_.empty();
    });
    EXPECT_TRUE(ready) << "mosquitto_sub does not connect";
}

Subscriber::~Subscriber() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    reader_.join();
}

void Subscriber::read(int fd) {
    std::array<char, 4096> chunk{};
    std::string pending;
    ssize_t count = 0;
    while ((count = ::read(fd, chunk.data(), chunk.size())) > 0) {
        pending.append(chunk.data(), static_cast<std::size_t>(count));
        const std::lock_guard lock(mutex_);
        for (auto end = pending.find('\n'); end != std::string::npos; end = pending.find('\n')) {
            const std::string line = pending.substr(0, end);
            pending.erase(0, end + 1);
            const auto blank = line.find(' ', 2);
            arrived_.push_back({line.substr(2, blank - 2),
                                blank == std::string::npos ? "" : line.substr(blank + 1), line[0] == '1'});
        }
        changed_.notify_all();
    }
    ::close(fd);
}

bool Subscriber::wait_for(const std::function<bool(const Arrived&)>& wanted) {
    std::unique_lock lock(mutex_);
    std::size_t seen = 0;
    return changed_.wait_for(lock, patience, [&] {
        for (; seen < arrived_.size(); ++seen) {
            if (wanted(arrived_[seen])) {
                return true;
            }
        }
        return false;
    });
}

bool Subscriber::wait_for(const std::string& topic, const std::string& payload) {
    return wait_for(
        [&](const Arrived& message) { return message.topic == topic && message.payload == payload; });
}

std::optional<std::string> Subscriber::newest(const std::string& topic_end) {
    std::string topic;
    if (!wait_for([&](const Arrived& message) {
            topic = message.topic;
            return message.topic.ends_with(topic_end);
        })) {
        return std::nullopt;
    }
    std::optional<std::string> payload;
    for (const Arrived& message : all()) {
        if (message.topic == topic) {
            payload = message.payload;
        }
    }
    return payload;
}

std::vector<Arrived> Subscriber::all() const {
    const std::lock_guard lock(mutex_);
    return arrived_;
}

void Subscriber::forget() {
    take();
}

std::vector<Arrived> Subscriber::take() {
    const std::lock_guard lock(mutex_);
    return std::exchange(arrived_, {});
}

} // namespace gridbridge::testing_support
