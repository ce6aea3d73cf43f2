// What the page gets of the running service.
#pragma once

#include "app/page/page.hpp"
#include "app/service/gx_connection.hpp"
#include "app/service/service.hpp"
#include "app/service/service_history.hpp"
#include "app/service/service_recorder.hpp"
#include "mqtt/connection/client.hpp"
#include "mqtt/status/snapshot.hpp"
#include "mqtt/status/snapshot_board.hpp"

#include <string>
#include <vector>

namespace gridbridge {

// All given by reference must outlive the page.
PageOptions page_options(const ServiceParts& parts, const std::string& portal_id,
                         const ServiceHistory& history, const ServiceRecorder& recorder, ClientInbox& inbox,
                         SnapshotBoard& board);

// Beside the broker: GX and Home Assistant. `gx` may be null. Publisher thread.
std::vector<ConnectionHealth> more_links(const Config& config, const GxConnection* gx, bool broker_is_up);

} // namespace gridbridge
