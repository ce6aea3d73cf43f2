// Bytes without a telegram, as the service tells of them.
#include "app/servers/status_server.hpp"
#include "tests/fakes/free_port.hpp"
#include "tests/integration/support.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <chrono>
#include <thread>

namespace gridbridge::testing_support {
namespace {

using nlohmann::json;

TEST(BytesWithoutATelegram, AreNamedInTheLogAndInHealth) {
    const Folder folder;
    const Broker broker;
    const int status = free_port();
    const SimulatedMeter sml("sml", "tcp://127.0.0.1:0");
    folder.write("service.toml", "portal_id = \"p\"\nstate_dir = \"" + folder.path("state") +
                                     "\"\n[mqtt]\nservers = [\"" + broker.url() +
                                     "\"]\n[status]\nlisten = \"127.0.0.1:" + std::to_string(status) +
                                     "\"\n[[meter]]\nuri = \"d0+" + sml.uri + "\"\nstale_after = 5\n");
    Process service({GRIDBRIDGE_PROGRAM, "run", "--config", folder.path("service.toml")});
    const std::string said =
        "bytes arrive, but no good telegram: SML telegrams; the driver for them is sml, not d0";
    ASSERT_TRUE(service.wait_for_line(said)) << service.errors();
    const auto reason = [&] {
        const Endpoint at{"127.0.0.1", static_cast<std::uint16_t>(status)};
        const json health = json::parse(fetch_status_page(at, "/health").body, nullptr, false);
        return health.is_object() ? health["meters"][0].value("reason", "") : std::string();
    };
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (reason() != said && std::chrono::steady_clock::now() < deadline) {
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
    EXPECT_EQ(reason(), said);
    const Result verb = gridbridge({"health", "--config", folder.path("service.toml")});
    EXPECT_EQ(verb.exit_code, 69);
    EXPECT_THAT(verb.output + verb.errors, testing::HasSubstr(said));
}

} // namespace
} // namespace gridbridge::testing_support
