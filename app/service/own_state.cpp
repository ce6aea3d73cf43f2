#include "app/service/own_state.hpp"

#include <chrono>
#include <utility>

namespace gridbridge {

BrokerHealth OwnState::broker() const {
    return {link_.up(),
            config_.servers.at(link_.server()),
            link_.reconnects(),
            publisher_.dropped() + inbox_.dropped(),
            client_.queued() + publisher_.waiting(),
            publisher_.last_failure(),
            std::chrono::duration_cast<std::chrono::milliseconds>(publisher_.lag(Clock::now()))};
}

std::vector<std::string> OwnState::problems() const {
    auto all = bridge_.outlet_problems();
    for (const std::string& reason : files_.failing()) {
        all.push_back("not saved yet: " + reason);
    }
    for (std::string& finding : findings_.problems()) {
        all.push_back(std::move(finding));
    }
    return all;
}

std::vector<std::string> OwnState::remarks() const {
    auto all = remarks_;
    all.insert(all.end(), findings_.remarks().begin(), findings_.remarks().end());
    const auto of_history = history_.remarks();
    all.insert(all.end(), of_history.begin(), of_history.end());
    const auto of_recorder = recorder_.remarks();
    all.insert(all.end(), of_recorder.begin(), of_recorder.end());
    const auto of_sinks = sinks_.remarks();
    all.insert(all.end(), of_sinks.begin(), of_sinks.end());
    return all;
}

DoctorView OwnState::doctor_view() const {
    DoctorView view;
    view.broker = broker();
    view.problems = bridge_.outlet_problems();
    view.remarks = remarks();
    view.denied = findings_.denied();
    view.not_saved = files_.failing();
    view.other_service = findings_.other_service();
    view.keepalive = config_.keepalive;
    return view;
}

} // namespace gridbridge
