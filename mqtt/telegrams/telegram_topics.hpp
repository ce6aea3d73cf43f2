// `gridbridge/<portal>/meter/<serial>/raw` and `/obis/<code>`: what a meter sends, for those who want more
// than its quantities.
#pragma once

#include "drivers/waist/log.hpp"
#include "mqtt/outlet/outlet.hpp"

#include <map>
#include <memory>
#include <string>

namespace gridbridge {

// For meters that are configured with `raw` and `obis`. Never retained, QoS 0. A telegram is published once,
// as a whole; while the publisher or the line to the broker is behind, a newer one takes its place.
//
// Of the objects those of the newest telegram are published: {"value":number or text,"unit":text or
// null,"time":text as sent or null}. One that is chosen, or was there before, and is not in the telegram is
// null, and so are all when the meter is lost, withdrawn or exchanged: the unit stays. At most
// `most_obis_topics` of a meter; further ones are said once in the log. What a meter behind another (M-Bus)
// sends is among the objects of that one.
class TelegramTopics final : public Outlet {
  public:
    // `log` may be empty.
    TelegramTopics(std::string portal_id, Log log);

    void connected(Clock::time_point now, Messages& out) override;
    void reading(const Meter& meter, Clock::time_point now, Messages& out) override;
    void lost(const Meter& meter, Clock::time_point now, Messages& out) override;
    void gone(const Meter& meter, Messages& out) override;
    void leave(Messages& out) override;

  private:
    struct Shown {
        std::string topic;                        // `gridbridge/<portal>/meter/<serial>`
        SharedTelegram telegram;                  // the newest; none while its objects are null
        std::weak_ptr<const TelegramCopy> said;   // as a whole
        std::map<std::string, std::string> units; // by code, of every object that has a topic
        bool said_too_many = false;
    };

    void take_codes(const Meter& meter, Shown& shown) const;
    static void publish_objects(const Shown& shown, Messages& out);
    static void end(Shown& shown, Messages& out);

    std::string portal_id_;
    Log log_;
    std::map<SourceId, Shown> shown_;
};

} // namespace gridbridge
