// A program with one sink, made to be killed: puts points into it as fast as it may, until it is killed or
// its input ends; then it sends what is left and ends.
//
// sink_child FOLDER PORT BOARD: BOARD is a file of Marks that outlives it.
#include "app/sinks/boot.hpp"
#include "app/sinks/influx_sender.hpp"
#include "app/sinks/sink_worker.hpp"
#include "mqtt/sinks/queue_record.hpp"
#include "tests/app/sinks/sink_marks.hpp"

#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <random>
#include <thread>

#include <poll.h>

namespace gridbridge {
namespace {

// Marks what is in the queue: what write() has returned of.
class MarkingStore final : public QueueStore {
  public:
    MarkingStore(std::unique_ptr<QueueStore> store, SinkMarks& marks)
        : store_(std::move(store)), marks_(marks) {}
    std::vector<std::string> names() override { return store_->names(); }
    std::string read(const std::string& name, std::uint64_t from, std::size_t most) override {
        return store_->read(name, from, most);
    }
    void write(const std::string& name, std::uint64_t from, std::string_view bytes) override {
        store_->write(name, from, bytes);
        QueuedPoint point;
        std::size_t size = 0;
        while (name.ends_with(".points") && read_record(bytes, point, size) == RecordState::Whole) {
            marks_.seq.at(static_cast<std::size_t>(std::stoul(point.place))) = point.seq;
            bytes.remove_prefix(size);
        }
    }
    void cut(const std::string& name, std::uint64_t size) override { store_->cut(name, size); }
    void remove(const std::string& name) override { store_->remove(name); }
    void sync(const std::string& name) override { store_->sync(name); }
    void replace(const std::string& name, const std::string& text) override { store_->replace(name, text); }

  private:
    std::unique_ptr<QueueStore> store_;
    SinkMarks& marks_;
};

// The number of a point is its time; every seventh is made while the clock is unset.
QueuedPoint point_of(std::uint32_t number, std::uint64_t boot) {
    constexpr std::uint32_t unset = 7;
    QueuedPoint point;
    point.place = std::to_string(number);
    point.text = "m n=" + point.place + "i,x=\"" + std::string(number % 300, 'x') + "\"";
    point.time_ms = number;
    point.boot = number % unset == 0 ? boot : 0;
    return point;
}

bool input_has_ended() {
    pollfd watched{STDIN_FILENO, POLLIN, 0};
    char ignored = 0;
    return ::poll(&watched, 1, 0) > 0 && ::read(STDIN_FILENO, &ignored, 1) == 0;
}

int run(const std::string& folder, std::uint16_t port, SinkMarks& marks) {
    std::minstd_rand random(std::random_device{}());
    const auto shared = std::make_shared<SinkShared>();
    shared->boot = this_boot();
    shared->log = [](LogLevel, std::string_view, std::string_view) {};
    shared->wall_minus_steady_ms = [&] { // an adjusted clock: never twice the same
        return std::optional<std::int64_t>(sink_unset_offset + static_cast<std::int64_t>(random() % 1000));
    };
    SinkWorkerOptions options;
    options.disk_pause = std::chrono::milliseconds(5);
    options.open_queue = [&] {
        return std::make_unique<SinkQueue>(
            std::make_unique<MarkingStore>(make_disk_store(folder), marks),
            SinkQueueOptions{64'000'000, shared->boot, [] { return std::string("0123456789abcdef"); }});
    };
    options.make_sender = [&](std::shared_ptr<SinkShared> with) {
        InfluxOptions sender;
        sender.place.at = {"127.0.0.1", port};
        sender.target = "/write?db=gridbridge";
        sender.jitter = [] { return 0.0; };
        sender.answer_limit = std::chrono::milliseconds(200);
        sender.shortest_pause = std::chrono::milliseconds(1);
        sender.longest_pause = std::chrono::milliseconds(1);
        return std::make_unique<InfluxSender>(std::move(with), sender);
    };
    SinkWorker worker(shared, options);
    while (!input_has_ended() && marks.made + 1 < marks.seq.size()) {
        const std::uint32_t number = ++marks.made; // before it is made: no number is given twice
        shared->box->put(point_of(number, shared->boot));
        std::this_thread::sleep_for(std::chrono::microseconds(random() % 500));
    }
    const auto is_empty = [&] {
        return shared->box->waiting() == 0 && shared->queue.with([](const std::unique_ptr<SinkQueue>& queue) {
            return queue && queue->waiting() == 0;
        });
    };
    const auto until = Clock::now() + std::chrono::seconds(120);
    while (!is_empty() && Clock::now() < until) {
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    const bool all = is_empty();
    return worker.finish(std::chrono::seconds(60)) && all ? EXIT_SUCCESS : EXIT_FAILURE;
}

} // namespace
} // namespace gridbridge

int main(int count, char** arguments) {
    constexpr int wanted = 4;
    if (count != wanted) {
        return EXIT_FAILURE;
    }
    const auto port = static_cast<std::uint16_t>(std::stoi(arguments[2]));
    gridbridge::SinkMarksFile board(arguments[3]);
    return gridbridge::run(arguments[1], port, board.marks());
}
