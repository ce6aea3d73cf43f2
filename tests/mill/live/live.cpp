#include "tests/mill/live/live.hpp"

#include "tests/integration/process.hpp"
#include "tests/mill/claim_witness.hpp"
#include "tests/mill/course.hpp"
#include "tests/mill/installation.hpp"
#include "tests/mill/live/live_broker.hpp"
#include "tests/mill/live/live_course.hpp"
#include "tests/mill/live/live_gx.hpp"
#include "tests/mill/live/live_lines.hpp"
#include "tests/mill/live/live_network.hpp"
#include "tests/mill/process_use.hpp"
#include "tests/mill/witness.hpp"

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <thread>

namespace gridbridge::mill {
namespace {

using namespace std::chrono_literals;
using testing_support::Arrived;
using testing_support::Folder;
using testing_support::Process;

constexpr auto slack = 8s; // of a busy machine

// Each is a recording, as the recorder of the program has left them, in the order of time.
std::vector<Bytes> files_in(const std::string& folder) {
    std::error_code none;
    std::vector<std::filesystem::path> paths;
    for (const auto& entry : std::filesystem::directory_iterator(folder, none)) {
        paths.push_back(entry.path());
    }
    std::sort(paths.begin(), paths.end());
    std::vector<Bytes> files;
    for (const std::filesystem::path& path : paths) {
        std::ifstream file(path, std::ios::binary);
        files.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
    }
    return files;
}

class LiveRun {
  public:
    LiveRun(Grist& grist, const Course& course, std::string program, const Ways& ways)
        : grist_(grist), course_(course), program_(std::move(program)), ways_(ways),
          lines_(grist.plan, network_), begin_(Clock::now()), installation_(grist.plan, begin_),
          witness_(grist.plan, installation_.truths(), begin_, {}),
          claims_(grist.plan, course, witness_, begin_), broker_(network_.host("broker"), course.has_tls) {
        witness_.is_patient(slack);
        claims_.is_patient(slack);
        if (course.gx.mode != GxMode::None) {
            gx_ = std::make_unique<LiveGx>(grist.plan, installation_.truths(), witness_, mutex_);
        }
        configure(true);
        lines_.serve(installation_, mutex_, course_, begin_);
    }

    LiveRun(const LiveRun&) = delete;
    LiveRun& operator=(const LiveRun&) = delete;
    ~LiveRun() { lines_.stop(); }

    void grind() {
        while (seconds() < grist_.plan.ends) {
            broker_as_planned();
            program_as_planned();
            network_.be_mute(is_in(course_.mute_names, seconds()));
            const std::lock_guard lock(mutex_);
            listen();
            write_as_planned();
            std::this_thread::sleep_for(5ms);
        }
        const std::lock_guard lock(mutex_);
        witness_.end(Clock::now());
        if (gx_) {
            gx_->end(Clock::now());
            grist_.numbers += gx_->numbers();
        }
        check_use();
        end_program(true);
        grist_.violations = witness_.violations();
        grist_.numbers += witness_.numbers();
        grist_.recordings = files_in(recordings());
    }

  private:
    double seconds() const { return Seconds(Clock::now() - begin_).count(); }
    bool is(Trouble trouble) const { return is_in(course_, trouble, seconds()); }

    void configure(bool is_good) const {
        std::string text = "portal_id = \"mill\"\nstate_dir = \"" +
                           (course_.has_state_dir ? folder_.path() : std::string()) + "\"\n";
        text += broker_.configuration() + "[venus]\nretain = " + (course_.retains ? "true" : "false") +
                "\n[status]\nlisten = \"\"\n" + (gx_ ? gx_->configuration() : std::string());
        if (ways_.records) {
            text += "[recorder]\nenabled = true\nmessages = true\ndir = \"" + recordings() + "\"\n";
        }
        for (const PlannedMeter& meter : grist_.plan.meters) {
            if (!meter.takes_a_place) {
                text += "[[meter]]\nuri = \"" + meter.uri + "\"\nrole = \"" + meter.role + "\"\n";
            }
        }
        folder_.write("mill.toml", is_good ? text : text + "[[meter]]\nuri = \"cg+rtu:/\"\n");
    }

    void broker_as_planned() {
        const bool is_down = is(Trouble::Down) || is(Trouble::DownBare) || is(Trouble::Mute);
        if (broker_.be_there(!is_down)) {
            const std::lock_guard lock(mutex_);
            witness_.forget();
            claims_.is_gone();
        }
        broker_.stand_still(is(Trouble::Stall));
    }

    void program_as_planned() {
        if (life_ < course_.lives.size() && !process_ && seconds() >= course_.lives[life_].begin) {
            configure(true); // with another one it would not begin
            is_misconfigured_ = false;
            process_ = std::make_unique<Process>(
                std::vector<std::string>{program_, "run", "--config", folder_.path("mill.toml")});
            began_ = Clock::now();
            const std::lock_guard lock(mutex_);
            witness_.program_begins(began_);
        }
        const bool is_last = life_ + 1 >= course_.lives.size();
        if (process_ && !is_last && seconds() >= course_.lives[life_].end) {
            const std::lock_guard lock(mutex_);
            end_program(!course_.lives[life_].is_killed);
            ++life_;
        }
        constexpr auto start = 2s; // until it heeds signals
        if (process_ && Clock::now() - began_ > start) {
            disturb_program();
            remember_use();
        }
    }

    void disturb_program() {
        if (const bool wanted = is(Trouble::FullDisk); std::exchange(is_stopped_, wanted) != wanted) {
            process_->signal(wanted ? SIGSTOP : SIGCONT);
        }
        if (const bool wanted = is(Trouble::SlowDisk); std::exchange(is_misconfigured_, wanted) != wanted) {
            configure(!wanted);
            process_->signal(SIGHUP);
        }
        if (const bool wanted = is(Trouble::Cut); std::exchange(was_cut_, wanted) != wanted && wanted) {
            process_->signal(SIGHUP);
        }
    }

    void end_program(bool in_order) {
        if (std::exchange(is_stopped_, false)) {
            process_->signal(SIGCONT);
        }
        claims_.program_ends(Clock::now(), !in_order);
        process_->signal(in_order ? SIGTERM : SIGKILL);
        const auto code = process_->wait(20s);
        if (in_order && code != 0) {
            witness_.violated(Clock::now(), "the program ended with " +
                                                (code ? std::to_string(*code) : "nothing within 20 s") +
                                                ": " + process_->errors().substr(0, 2000));
        }
        if (ways_.keeps_log) {
            grist_.log.push_back(process_->errors());
        }
        process_.reset();
        first_use_.reset();
    }

    // The first seconds are the program's own; the last life is looked at.
    void remember_use() {
        if (!first_use_ && Clock::now() - began_ > 20s) {
            first_use_ = use_of(process_->pid());
        }
    }

    void check_use() {
        const Use use = use_of(process_->pid());
        if (first_use_ && has_grown(*first_use_, use)) {
            witness_.violated(Clock::now(), "memory or descriptors grew: " + to_text(*first_use_) + ", now " +
                                                to_text(use));
        }
    }

    void listen() {
        const auto now = Clock::now();
        witness_.may_be_late(lateness());
        if (gx_) {
            gx_->may_be_late(lateness());
        }
        for (const Arrived& arrived : broker_.heard()) {
            const Message message = as_heard({arrived.topic, arrived.payload, arrived.retained}, ways_);
            ++grist_.messages;
            if (ways_.keeps_log) {
                grist_.log.push_back(std::to_string(seconds()) + ' ' + message.topic + ' ' +
                                     message.payload.substr(0, 200));
            }
            claims_.hear(message, now);
            witness_.hear(message, now);
        }
        witness_.look(now);
        claims_.look(now);
    }

    // Nobody can tell of a broker or a program that stands still. What a frozen broker has got already it
    // says when it goes on, however long that was.
    Clock::duration lateness() const {
        constexpr double until_known = 12;
        const double now = seconds();
        double longest = 0;
        for (const PlannedTrouble& planned : course_.troubles) {
            const bool counts = planned.trouble == Trouble::Stall || planned.trouble == Trouble::FullDisk;
            if (counts && planned.begin <= now && now <= planned.end + until_known) {
                longest = std::max({longest, until_known, planned.end - planned.begin});
            }
        }
        return std::chrono::duration_cast<Clock::duration>(Seconds(longest));
    }

    void write_as_planned() {
        while (next_write_ < course_.writes.size() && course_.writes[next_write_].at <= seconds()) {
            const PlannedWrite& write = course_.writes[next_write_++];
            if (!broker_.takes() || is_stopped_) {
                continue;
            }
            if (const auto message = claims_.write(write, Clock::now())) {
                broker_.publish(message->topic, message->payload);
            }
        }
    }

    std::string recordings() const { return folder_.path("recordings"); }

    Grist& grist_;
    const Course& course_;
    std::string program_;
    const Ways& ways_;
    LiveNetwork network_;
    Folder folder_;
    std::mutex mutex_; // installation, truths and witnesses
    LiveLines lines_;
    Clock::time_point begin_;
    Installation installation_;
    Witness witness_;
    ClaimWitness claims_;
    LiveBroker broker_;
    std::unique_ptr<LiveGx> gx_; // none: there is no GX
    std::unique_ptr<Process> process_;
    std::optional<Use> first_use_;
    Clock::time_point began_{};
    std::size_t life_ = 0, next_write_ = 0;
    bool is_stopped_ = false, is_misconfigured_ = false, was_cut_ = false;
};

} // namespace

Grist grind_live(std::uint64_t seed, double busy, const std::string& program, const Ways& ways) {
    Grist grist;
    grist.plan = make_plan(seed, busy);
    const Course course = make_live_course(grist.plan, busy);
    LiveRun(grist, course, program, ways).grind();
    grist.course = to_text(course); // where the lines are is known now
    return grist;
}

} // namespace gridbridge::mill
