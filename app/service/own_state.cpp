#include "app/service/own_state.hpp"

#include <chrono>
#include <utility>

namespace gridbridge {
namespace {

void append(std::vector<std::string>& all, const std::vector<std::string>& more) {
    all.insert(all.end(), more.begin(), more.end());
}

} // namespace

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
    append(all, findings_.remarks());
    append(all, history_.remarks());
    append(all, recorder_.remarks());
    append(all, sinks_.remarks());
    return all;
}

DoctorView OwnState::doctor_view() const {
    DoctorView view;
    view.broker = broker();
    view.problems = bridge_.outlet_problems();
    view.leftovers = remarks_;
    append(view.leftovers, findings_.remarks());
    view.denied = findings_.denied();
    view.not_saved = files_.failing();
    append(view.not_saved, history_.remarks());
    append(view.not_saved, recorder_.remarks());
    append(view.not_saved, sinks_.not_queued());
    view.sinks_away = sinks_.away();
    view.certificates = sinks_.certificates();
    view.other_service = findings_.other_service();
    view.keepalive = config_.keepalive;
    return view;
}

} // namespace gridbridge
