#include "app/scan/scan_line.hpp"

#include "drivers/io/stop_wait.hpp"
#include "drivers/modbus/identify/identity.hpp"
#include "drivers/modbus/line/line_transport.hpp"
#include "drivers/modbus/models/carlo_gavazzi.hpp"
#include "drivers/modbus/sunspec/sunspec_identify.hpp"

#include <algorithm>
#include <string_view>

namespace gridbridge {
namespace {

using namespace std::chrono_literals;

enum class Answer : unsigned char { Silence, Garbled, Yes };

constexpr std::uint64_t least_traffic = 6; // bytes; a Modbus request has 8
constexpr int most_listens = 2;            // a disturbed line is scanned all the same

class LineScan {
  public:
    LineScan(const ScanTarget& target, const ScanRequest& request, const LineAccess& access,
             const std::stop_token& stop, LineResult& result)
        : target_(target), request_(request), access_(access), stop_(stop), result_(result),
          left_(scan_plan(target, request)) {}

    void run() {
        for (std::size_t done = 0; !left_.empty(); ++done) {
            const Probe probe = left_.front();
            access_.progress(probe, done, left_.size(), result_.found.size());
            left_.erase(left_.begin());
            try {
                use(probe);
                const Answer answer = ask(probe);
                if (answer == Answer::Yes) {
                    keep_setting(left_, probe.setting);
                }
                look_for_traffic(answer);
            } catch (const LinkLost&) {
                if (!transport_ || target_.is_port()) {
                    throw;
                }
                result_.evidence.closed = true;
                close();
            }
        }
        close();
    }

  private:
    // Opens the line with the setting of this probe unless it is open with it.
    void use(const Probe& probe) {
        if (transport_ && probe.setting == setting_) {
            return;
        }
        close();
        auto transport = access_.make_transport(probe_config(target_, probe, request_));
        try {
            transport->open(stop_);
        } catch (const LinkLost&) {
            if (target_.is_port() || result_.evidence.asked == 0) {
                throw;
            }
            pause(500ms); // some devices have one connection and need time to notice that it is free again
            transport->open(stop_);
        }
        transport_ = std::move(transport);
        setting_ = probe.setting;
    }

    Answer ask(const Probe& probe) {
        ++result_.evidence.asked;
        Answer answer = ask_once(probe);
        if (answer == Answer::Garbled) { // perhaps one disturbance
            pause(500ms);
            answer = ask_once(probe);
        }
        if (answer == Answer::Garbled) {
            auto& garbled = result_.evidence.garbled;
            if (std::find(garbled.begin(), garbled.end(), probe.setting) == garbled.end()) {
                garbled.push_back(probe.setting);
            }
        }
        result_.evidence.echo = result_.evidence.echo || transport_->health().echoes;
        return answer;
    }

    Answer ask_once(const Probe& probe) {
        FoundUnit unit;
        unit.probe = probe;
        try {
            unit.code = line(probe).read_word(identification_register, 1);
        } catch (const Timeout&) {
            if (!may_be_sunspec(probe) || !speaks_sunspec(probe)) {
                return Answer::Silence;
            }
            unit.remark = "it does not answer as a Carlo Gavazzi meter, but is a SunSpec device: sunspec+ "
                          "instead of cg+";
            result_.found.push_back(std::move(unit));
            return Answer::Yes;
        } catch (const BadReply&) {
            return Answer::Garbled;
        } catch (const ExceptionReply& reply) {
            constexpr std::uint8_t no_path = 10;
            constexpr std::uint8_t no_answer = 11;
            if (reply.code() != no_path && reply.code() != no_answer) { // else a gateway speaks, not a meter
                unit.remark =
                    "it has no identification code (exception " + std::to_string(reply.code()) +
                    "): not a Carlo Gavazzi meter" +
                    (speaks_sunspec(probe) ? ", but a SunSpec device: sunspec+ instead of cg+" : "");
                result_.found.push_back(std::move(unit));
            }
            return Answer::Yes;
        }
        name(unit);
        result_.found.push_back(std::move(unit));
        return Answer::Yes;
    }

    bool speaks_sunspec(const Probe& probe) {
        try {
            UnitLine asked = line(probe);
            return find_sunspec_marker(asked).has_value();
        } catch (const Timeout&) { // then it is not known
        } catch (const BadReply&) {
        } catch (const ExceptionReply&) {
        }
        return false;
    }

    void name(FoundUnit& unit) {
        const IdentificationRow* const row = find_code(*unit.code);
        unit.model = row == nullptr ? "unknown" : std::string(row->name);
        for (int attempt = 0; attempt < 2 && !unit.served; ++attempt) {
            try {
                UnitLine asked = line(unit.probe);
                const Identity identity =
                    identify_by_code(asked, probe_config(target_, unit.probe, request_));
                unit.serial = identity.info.serial_is_stable ? identity.info.serial : std::string();
                unit.firmware = identity.info.firmware;
                unit.remark = identity.warning;
                unit.served = true;
            } catch (const Refused& refused) {
                unit.remark = refused.what();
                return;
            } catch (const Timeout&) {
                unit.remark = "it stopped answering while it was identified";
            } catch (const BadReply& reply) {
                unit.remark = std::string("its answers are disturbed: ") + reply.what();
            } catch (const ExceptionReply& reply) {
                unit.remark = std::string("it could not be identified: ") + reply.what();
            }
        }
    }

    // A master that was silent while we listened first may wake up later.
    void look_for_traffic(Answer answer) {
        const bool disturbed =
            answer == Answer::Garbled || transport_->skipped_bytes() >= skipped_ + least_traffic;
        skipped_ = transport_->skipped_bytes();
        if (!disturbed || !target_.is_port() || result_.evidence.echo || listens_ == most_listens) {
            return;
        }
        ++listens_;
        close();
        result_.evidence.heard = access_.listen();
        if (result_.evidence.heard != Heard::Nothing) {
            left_.clear();
        }
    }

    UnitLine line(const Probe& probe) {
        return {*transport_, static_cast<std::uint8_t>(probe.unit),
                response_timeout(probe_config(target_, probe, request_)), counters_, stop_};
    }

    void pause(std::chrono::milliseconds time) {
        if (!wait_until(Clock::now() + time, stop_)) {
            throw Stopped();
        }
    }

    void close() {
        if (transport_) {
            result_.evidence.unasked_bytes += transport_->skipped_bytes();
        }
        transport_.reset();
        skipped_ = 0;
    }

    const ScanTarget& target_;
    const ScanRequest& request_;
    const LineAccess& access_;
    const std::stop_token& stop_;
    LineResult& result_;
    std::vector<Probe> left_;
    std::unique_ptr<ModbusTransport> transport_;
    LineSetting setting_;
    std::uint64_t skipped_ = 0; // by transport_, so far
    int listens_ = 0;
    MeterCounters counters_;
};

} // namespace

void scan_line(const ScanTarget& target, const ScanRequest& request, const LineAccess& access,
               const std::stop_token& stop, LineResult& result) {
    LineScan(target, request, access, stop, result).run();
}

} // namespace gridbridge
