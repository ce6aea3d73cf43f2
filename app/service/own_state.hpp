// How the running service is, apart from its meters: broker, files, parts that failed. For health and doctor.
#pragma once

#include "app/config/config.hpp"
#include "app/service/broker_findings.hpp"
#include "app/service/service_history.hpp"
#include "app/service/service_recorder.hpp"
#include "app/service/service_sinks.hpp"
#include "mqtt/bridge/bridge.hpp"
#include "mqtt/bridge/publisher.hpp"
#include "mqtt/doctor/doctor_view.hpp"
#include "mqtt/files/file_writer.hpp"

#include <string>
#include <vector>

namespace gridbridge {

// Reads parts of the service, which must outlive it. Publisher thread only.
class OwnState {
  public:
    OwnState(const MqttConfig& config, const Link& link, const Publisher& publisher, const ClientInbox& inbox,
             const MqttClient& client, const Bridge& bridge, const FileWriter& files,
             const BrokerFindings& findings, const std::vector<std::string>& remarks,
             const ServiceHistory& history, const ServiceRecorder& recorder, const ServiceSinks& sinks)
        : config_(config), link_(link), publisher_(publisher), inbox_(inbox), client_(client),
          bridge_(bridge), files_(files), findings_(findings), remarks_(remarks), history_(history),
          recorder_(recorder), sinks_(sinks) {}

    BrokerHealth broker() const;
    std::vector<std::string> problems() const; // for people
    std::vector<std::string> remarks() const;
    DoctorView doctor_view() const; // without the wall clock

  private:
    const MqttConfig& config_;
    const Link& link_;
    const Publisher& publisher_;
    const ClientInbox& inbox_;
    const MqttClient& client_;
    const Bridge& bridge_;
    const FileWriter& files_;
    const BrokerFindings& findings_;
    const std::vector<std::string>& remarks_;
    const ServiceHistory& history_;
    const ServiceRecorder& recorder_;
    const ServiceSinks& sinks_;
};

} // namespace gridbridge
