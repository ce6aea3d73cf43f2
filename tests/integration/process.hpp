// Programs under test and the real things around them: child processes, a mosquitto, a subscriber.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace gridbridge::testing_support {

inline constexpr std::chrono::seconds patience{60}; // these machines are slow and busy

// A child whose output lines are collected by threads of ours. Killed when it goes out of scope.
class Process {
  public:
    explicit Process(std::vector<std::string> command);
    Process(const Process&) = delete;
    Process& operator=(const Process&) = delete;
    ~Process();

    int pid() const { return pid_; }
    void signal(int number) const;
    // Exit code, or 128 + signal number; nothing when it does not end within the time.
    std::optional<int> wait(std::chrono::milliseconds limit = patience);
    void drain(); // reads what an ended child left
    // The first line of standard output (or error) that contains the text.
    // A line that contains `text`; when none comes, what came instead is told.
    std::optional<std::string> wait_for_line(const std::string& text, std::chrono::seconds limit = patience);
    std::string output() const; // standard output so far
    std::string errors() const;

  private:
    void collect(int fd, std::string& into);

    int pid_ = -1;
    std::optional<int> exit_code_;
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::string output_;
    std::string errors_;
    std::vector<std::thread> readers_;
};

struct Result {
    int exit_code = -1;
    std::string output;
    std::string errors;
};
// Runs to the end.
Result run(std::vector<std::string> command);
Result gridbridge(std::vector<std::string> arguments);

class Folder {
  public:
    Folder();
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    ~Folder();
    std::string path(const std::string& name = {}) const { return name.empty() ? path_ : path_ + "/" + name; }
    void write(const std::string& name, const std::string& text) const;

  private:
    std::string path_;
};

// A mosquitto on a loopback port that can be killed and started again on the same port.
class Broker {
  public:
    // `more`: lines of mosquitto.conf, for further listeners.
    explicit Broker(bool start_now = true, const std::string& more = {});
    void start();
    void kill() { process_.reset(); }
    void pause(bool stop) const; // SIGSTOP, SIGCONT
    int port() const { return port_; }
    std::string url() const { return "mqtt://127.0.0.1:" + std::to_string(port_); }
    void publish(const std::string& topic, const std::string& payload) const;

  private:
    Folder folder_;
    int port_;
    std::unique_ptr<Process> process_;
};

struct Arrived {
    std::string topic;
    std::string payload;
    bool retained = false;
};

// mosquitto_sub on everything. Ready when constructed.
class Subscriber {
  public:
    explicit Subscriber(const Broker& broker, const std::string& filter = "#");
    Subscriber(const Subscriber&) = delete;
    Subscriber& operator=(const Subscriber&) = delete;
    ~Subscriber();

    bool wait_for(const std::function<bool(const Arrived&)>& wanted);
    bool wait_for(const std::string& topic, const std::string& payload);
    // The newest payload of the first topic that ends so; waits for one.
    std::optional<std::string> newest(const std::string& topic_end);
    std::vector<Arrived> all() const;
    void forget();               // what has arrived so far
    std::vector<Arrived> take(); // that, and forgets it

  private:
    void read(int fd);

    int pid_ = -1;
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<Arrived> arrived_;
    std::thread reader_;
};

} // namespace gridbridge::testing_support
