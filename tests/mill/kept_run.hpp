// What happened on the wires of one run, as a recording that `gridbridge replay` shows.
#pragma once

#include "app/recording/recording_writer.hpp"
#include "drivers/io/wire_event.hpp"
#include "drivers/meter/meter_config.hpp"
#include "mqtt/settings/settings.hpp"

#include <map>
#include <string>
#include <vector>

namespace gridbridge::mill {

class KeptRun {
  public:
    // `settings`: as they are when it begins.
    KeptRun(const std::vector<MeterConfig>& meters, const Settings& settings);

    void take(const std::string& uri, const WireEvent& event);
    Bytes finish(); // the file

  private:
    RecordingWriter writer_;
    std::map<std::string, unsigned> connections_; // by the URI of their meters
};

} // namespace gridbridge::mill
