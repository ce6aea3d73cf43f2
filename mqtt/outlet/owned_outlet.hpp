// An outlet and what it is besides.
#pragma once

#include "mqtt/outlet/outlet.hpp"

#include <memory>
#include <tuple>
#include <utility>

namespace gridbridge {

// Its interfaces are looked for once, not at each event. Publisher thread only.
class OwnedOutlet {
  public:
    OwnedOutlet() = default;
    explicit OwnedOutlet(std::unique_ptr<Outlet> outlet) : outlet_(std::move(outlet)) { look(found_); }

    explicit operator bool() const { return outlet_ != nullptr; }
    Outlet* operator->() const { return outlet_.get(); }
    // Null: it is none, or there is no outlet.
    template <typename Interface>
    Interface* as() const {
        return std::get<Interface*>(found_);
    }

  private:
    template <typename... Interface>
    void look(std::tuple<Interface*...>& found) {
        ((std::get<Interface*>(found) = dynamic_cast<Interface*>(outlet_.get())), ...);
    }

    std::unique_ptr<Outlet> outlet_;
    std::tuple<Outlet*, Timed*, ClientListener*, DescriptionListener*, RetainedListener*, SettingListener*,
               ForgetListener*, TransactionListener*, DeliveryListener*, Repeater*, RepeatCaller*>
        found_;
};

} // namespace gridbridge
