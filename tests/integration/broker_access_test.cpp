// Brokers that ask for a password, a certificate or another client id, and what the user is told.
#include "tests/fakes/free_port.hpp"
#include "tests/integration/certificates.hpp"
#include "tests/integration/support.hpp"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>

namespace gridbridge::testing_support {
namespace {

std::string port_text(int port) {
    return std::to_string(port);
}

std::string listener(int port, const std::string& more) {
    return "listener " + port_text(port) + " 127.0.0.1\n" + more;
}

// The service on one simulated meter with a configuration of its own.
struct ConfiguredService {
    ConfiguredService(const Folder& folder, const std::string& mqtt, const std::string& name = "service") {
        folder.write(name + ".toml", "portal_id = \"p\"\nstate_dir = \"" + folder.path(name) +
                                         "\"\n[mqtt]\n" + mqtt + "[[meter]]\nuri = \"cg+" + meter.uri +
                                         "\"\n");
        process = std::make_unique<Process>(
            std::vector<std::string>{GRIDBRIDGE_PROGRAM, "run", "--config", folder.path(name + ".toml")});
    }
    bool says(const std::string& text) const { return process->wait_for_line(text).has_value(); }

    SimulatedMeter meter{"em540", "tcp://127.0.0.1:0"};
    std::unique_ptr<Process> process;
};

std::string server(const std::string& scheme, int port) {
    return "servers = [\"" + scheme + "://localhost:" + port_text(port) + "\"]\n";
}

TEST(BrokerAccess, AMessageThatIsTooLargeIsRefusedAndTheNextIsTaken) {
    for (const char* const version : {"3.1.1", "5"}) {
        const Broker broker;
        const Folder folder;
        const SimulatedMeter meter("em24", "tcp://127.0.0.1:0");
        folder.write("g.toml", "portal_id = \"p\"\nstate_dir = \"" + folder.path("state") +
                                   "\"\n[mqtt]\nversion = \"" + version + "\"\nservers = [\"" + broker.url() +
                                   "\"]\n[[meter]]\nuri = \"cg+" + meter.uri + "\"\n");
        Process service({GRIDBRIDGE_PROGRAM, "run", "--config", folder.path("g.toml")});
        Subscriber subscriber(broker);
        ASSERT_TRUE(subscriber.newest("grid/30/CustomName")) << service.errors();
        const std::string topic = "W/p/grid/30/CustomName";
        broker.publish(topic, R"({"value":")" + std::string(100000, 'x') + R"("})");
        EXPECT_TRUE(service.wait_for_line("is too large: refused")) << service.errors();
        broker.publish(topic, R"({"value":"Short"})");
        EXPECT_TRUE(subscriber.wait_for("N/p/grid/30/CustomName", R"({"value":"Short"})"));
    }
}

TEST(BrokerAccess, AWrongPasswordIsSaidAndACorrectedOneUsed) {
    const Folder folder;
    must_run({"mosquitto_passwd", "-b", "-c", folder.path("passwords"), "gb", "right"});
    must_run({"chmod", "a+rx", folder.path()});
    must_run({"chmod", "a+r", folder.path("passwords")});
    const int port = free_port();
    const Broker broker(
        true, listener(port, "allow_anonymous false\npassword_file " + folder.path("passwords") + "\n"));
    folder.write("secret", "wrong\n");
    const ConfiguredService service(folder, server("mqtt", port) + "username = \"gb\"\npassword_file = \"" +
                                                folder.path("secret") + "\"\n");
    ASSERT_TRUE(service.says("check [mqtt] username and password_file")) << service.process->errors();
    EXPECT_EQ(service.process->errors().find("wrong"), std::string::npos) << "the password is not logged";
    folder.write("secret", "right\n");
    EXPECT_TRUE(service.says("connected to mqtt://localhost")) << service.process->errors();
}

TEST(BrokerAccess, ALoginInTheUrlIsThatOfTheServiceAndOfTheCommandsThatAskIt) {
    const Folder folder;
    must_run({"mosquitto_passwd", "-c", "-b", folder.path("passwords"), "gb", "p@ss"});
    must_run({"chmod", "a+rx", folder.path()});
    must_run({"chmod", "0644", folder.path("passwords")});
    const int port = free_port();
    const Broker broker(
        true, listener(port, "allow_anonymous false\npassword_file " + folder.path("passwords") + "\n"));
    const ConfiguredService service(folder,
                                    "servers = [\"mqtt://gb:p%40ss@localhost:" + port_text(port) + "\"]\n");
    ASSERT_TRUE(service.says("connected to mqtt://localhost")) << service.process->errors();
    const Result asked =
        run({GRIDBRIDGE_PROGRAM, "forget", "NOBODY", "--config", folder.path("service.toml")});
    EXPECT_EQ(asked.exit_code, 65) << asked.errors;
    EXPECT_NE(asked.errors.find("NOBODY"), std::string::npos) << "the service has answered";
    EXPECT_EQ((service.process->errors() + asked.errors).find("p@ss"), std::string::npos);
}

TEST(BrokerAccess, MessagesDroppedByAccessRulesAreNoticed) {
    const Folder folder;
    folder.write("acl", "topic read nothing/#\n");
    must_run({"chmod", "a+rx", folder.path()});
    must_run({"chmod", "0644", folder.path("acl")});
    const int port = free_port();
    const Broker broker(true, listener(port, "allow_anonymous true\nacl_file " + folder.path("acl") + "\n"));
    const ConfiguredService service(folder, server("mqtt", port));
    EXPECT_TRUE(service.says("access rules (ACL)")) << service.process->errors();
}

// The connect flags of MQTT: bit 7 user name, bit 6 password. A socket of our own sees them as sent.
unsigned connect_flags(const Folder& folder, const std::string& more) {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(::bind(fd, reinterpret_cast<sockaddr*>(&address), size), 0);
    const timeval limit{patience.count(), 0}; // for accept() too
    EXPECT_EQ(::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit), 0);
    EXPECT_EQ(::listen(fd, 1), 0);
    ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
    const ConfiguredService service(
        folder, "servers = [\"mqtt://127.0.0.1:" + port_text(ntohs(address.sin_port)) + "\"]\n" + more);
    int client = ::accept(fd, nullptr, nullptr);
    std::array<unsigned char, 512> packet{};
    ssize_t first = ::read(client, packet.data(), packet.size());
    if (first == 0) { // only a look whether anybody listens
        ::close(client);
        client = ::accept(fd, nullptr, nullptr);
        first = ::read(client, packet.data(), packet.size());
    }
    std::size_t count = first > 0 ? static_cast<std::size_t>(first) : 0;
    while (count < 12) { // one to four bytes of length, the name MQTT, the version: all before the flags
        const ssize_t got = ::read(client, packet.data() + count, packet.size() - count);
        if (got <= 0) {
            break;
        }
        count += static_cast<std::size_t>(got);
    }
    ::close(client);
    ::close(fd);
    const std::array<unsigned char, 6> name{0, 4, 'M', 'Q', 'T', 'T'};
    const auto at = std::search(packet.begin(), packet.end(), name.begin(), name.end());
    return at == packet.end() ? 0xFFU : at[7];
}

TEST(BrokerAccess, WithoutAUserNameItsFlagIsNotSet) {
    const Folder folder;
    folder.write("secret", "s\n");
    EXPECT_EQ(connect_flags(folder, "") & 0xC0U, 0U);
    const std::string user =
        "username = \"u\"\npassword_file = \"" + folder.path("secret") + "\"\nversion = \"5\"\n";
    EXPECT_EQ(connect_flags(folder, user) & 0xC0U, 0xC0U);
}

class TakenOver : public testing::TestWithParam<const char*> {};

TEST_P(TakenOver, BySameClientIdIsSaid) {
    const Folder folder;
    const Broker broker;
    const std::string mqtt =
        "servers = [\"" + broker.url() + "\"]\nclient_id = \"twin\"\nversion = \"" + GetParam() + "\"\n";
    const ConfiguredService first(folder, mqtt, "first");
    ASSERT_TRUE(first.says("connected to mqtt://")) << first.process->errors();
    const ConfiguredService second(folder, mqtt, "second");
    EXPECT_TRUE(first.says("client id")) << first.process->errors();
    EXPECT_TRUE(first.says("set [mqtt] client_id")) << first.process->errors();
}

INSTANTIATE_TEST_SUITE_P(BrokerAccess, TakenOver, testing::Values("3.1.1", "5"));

TEST(BrokerAccess, Version5PublishesAndAnswers) {
    const Folder folder;
    const Broker broker;
    Subscriber subscriber(broker);
    const ConfiguredService service(folder, "servers = [\"" + broker.url() + "\"]\nversion = \"5\"\n");
    ASSERT_TRUE(subscriber.newest("grid/30/Ac/Power")) << service.process->errors();
    subscriber.forget();
    broker.publish("R/p/grid/30/Serial", "");
    EXPECT_TRUE(subscriber.newest("N/p/grid/30/Serial"));
}

TEST(BrokerAccess, TheNextServerIsUsedWhenOneIsAway) {
    const Folder folder;
    Broker first;
    const Broker second;
    const ConfiguredService service(folder,
                                    "servers = [\"" + first.url() + "\", \"" + second.url() + "\"]\n");
    ASSERT_TRUE(service.says("connected to " + first.url())) << service.process->errors();
    first.kill();
    EXPECT_TRUE(service.says("connected to " + second.url())) << service.process->errors();
    Subscriber subscriber(second);
    EXPECT_TRUE(subscriber.newest("grid/30/Ac/Power"));
}

TEST(BrokerAccess, IPv6) {
    const Folder folder;
    const int port = free_port();
    try {
        const Broker broker(true, "listener " + port_text(port) + " ::1\nallow_anonymous true\n");
        const ConfiguredService service(folder, "servers = [\"mqtt://[::1]:" + port_text(port) + "\"]\n");
        EXPECT_TRUE(service.says("connected to mqtt://[::1]:")) << service.process->errors();
    } catch (const std::runtime_error& error) {
        GTEST_SKIP() << "no IPv6 on the loopback interface: " << error.what();
    }
}

// A port where something else than a broker answers.
Process other_service(int port, const std::string& answer) {
    return Process({"socat", "TCP-LISTEN:" + std::to_string(port) + ",bind=127.0.0.1,reuseaddr,fork",
                    "SYSTEM:" + answer});
}

TEST(BrokerAccess, WhatElseListensThereIsNamed) {
    const Folder folder;
    const int web = free_port();
    const int shell = free_port();
    const int dropping = free_port();
    const Process on_web = other_service(web, "read line; echo 'HTTP/1.1 400 Bad Request'");
    const Process on_shell = other_service(shell, "echo SSH-2.0-OpenSSH_9.2; cat >/dev/null");
    folder.write("drop",
                 "head -c 14 >/dev/null; printf '\\040\\002\\000\\000'; head -c 5 >/dev/null\n"); // CONNACK
    const Process drops = other_service(dropping, "sh " + folder.path("drop"));
    const ConfiguredService at_web(folder, server("mqtt", web), "web");
    const ConfiguredService at_shell(folder, server("mqtt", shell), "shell");
    const ConfiguredService dropped(folder, server("mqtt", dropping), "dropped");
    EXPECT_TRUE(at_web.says("a web server answers on this port")) << at_web.process->errors();
    EXPECT_TRUE(at_shell.says("but \"SSH-2.0-OpenSSH_9.2")) << at_shell.process->errors();
    EXPECT_TRUE(dropped.says("dropped before the subscription was answered")) << dropped.process->errors();
    EXPECT_EQ(dropped.process->errors().find("a subscription was refused"), std::string::npos);
}

class TlsBroker : public testing::Test {
  protected:
    TlsBroker() {
        make_authority(folder_, "ca");
        make_authority(folder_, "other-ca");
        make_certificate(folder_, "ca", "localhost");
        make_certificate(folder_, "ca", "gateway");
        const auto tls = [this](int port) { return tls_listener(port, folder_, "ca", "localhost"); };
        broker_.emplace(true, tls(port_) + tls(strict_port_) + "require_certificate true\n");
    }
    std::string file(const std::string& key, const std::string& name) const {
        return key + " = \"" + folder_.path(name) + "\"\n";
    }

    Folder folder_;
    int port_ = free_port();
    int strict_port_ = free_port();
    std::optional<Broker> broker_;
};

TEST_F(TlsBroker, WithItsAuthorityIsUsedAndFilesAreReadAgainOnHangUp) {
    Subscriber subscriber(*broker_);
    must_run({"cp", folder_.path("ca.crt"), folder_.path("trusted.crt")});
    const ConfiguredService service(folder_, server("mqtts", port_) + file("ca_file", "trusted.crt"));
    ASSERT_TRUE(subscriber.newest("grid/30/Ac/Power")) << service.process->errors();
    must_run({"cp", folder_.path("other-ca.crt"), folder_.path("trusted.crt")});
    service.process->signal(SIGHUP);
    EXPECT_TRUE(service.says("TLS files have changed")) << service.process->errors();
    EXPECT_TRUE(service.says("set [mqtt] ca_file to the CA that signed it")) << service.process->errors();
    must_run({"cp", folder_.path("ca.crt"), folder_.path("trusted.crt")});
    subscriber.forget();
    EXPECT_TRUE(subscriber.newest("grid/30/Ac/Power")) << service.process->errors();
}

TEST_F(TlsBroker, OfAnUnknownAuthorityIsRefusedUnlessAskedFor) {
    const ConfiguredService wary(folder_, server("mqtts", port_) + file("ca_file", "other-ca.crt"), "wary");
    EXPECT_TRUE(wary.says("set [mqtt] ca_file to the CA that signed it")) << wary.process->errors();
    const ConfiguredService trusting(folder_, server("mqtts", port_) + "insecure = true\n", "trusting");
    EXPECT_TRUE(trusting.says("connected to mqtts://")) << trusting.process->errors();
}

TEST_F(TlsBroker, AskedWithoutTlsIsNamed) {
    const ConfiguredService service(folder_, server("mqtt", port_));
    EXPECT_TRUE(service.says("the port speaks TLS: write mqtts://")) << service.process->errors();
}

TEST_F(TlsBroker, WithAnotherNameIsRefused) {
    make_certificate(folder_, "ca", "elsewhere");
    must_run({"cp", folder_.path("elsewhere.crt"), folder_.path("localhost.crt")});
    must_run({"cp", folder_.path("elsewhere.key"), folder_.path("localhost.key")});
    broker_->kill();
    broker_->start();
    const ConfiguredService service(folder_, server("mqtts", port_) + file("ca_file", "ca.crt"));
    EXPECT_TRUE(service.says("name the host in [mqtt] servers as the certificate does"))
        << service.process->errors();
}

TEST_F(TlsBroker, OfBefore12IsRefusedUnlessAskedFor) {
    const Broker plain;
    const int port = free_port();
    const Process old({"socat",
                       "OPENSSL-LISTEN:" + std::to_string(port) +
                           ",bind=127.0.0.1,reuseaddr,fork,verify=0,openssl-max-proto-version=TLS1.1,"
                           "ciphers=DEFAULT@SECLEVEL=0,cert=" +
                           folder_.path("localhost.crt") + ",key=" + folder_.path("localhost.key"),
                       "TCP:127.0.0.1:" + plain.url().substr(plain.url().rfind(':') + 1)});
    const std::string mqtt = server("mqtts", port) + file("ca_file", "ca.crt");
    const ConfiguredService wary(folder_, mqtt, "wary");
    EXPECT_TRUE(wary.says("speaks only an older TLS than [mqtt] tls_min allows")) << wary.process->errors();
    const ConfiguredService asked(folder_, mqtt + "tls_min = \"1.1\"\n", "asked");
    EXPECT_TRUE(asked.says("connected to mqtts://")) << asked.process->errors();
    const ConfiguredService strict(
        folder_, server("mqtts", port_) + file("ca_file", "ca.crt") + "tls_min = \"1.3\"\n", "strict");
    EXPECT_TRUE(strict.says("connected to mqtts://")) << "newer versions are always allowed";
}

TEST_F(TlsBroker, ThatWantsAClientCertificate) {
    const std::string mqtt = server("mqtts", strict_port_) + file("ca_file", "ca.crt");
    const ConfiguredService without(folder_, mqtt, "without");
    EXPECT_TRUE(without.says("cert_file and key_file")) << without.process->errors();
    const ConfiguredService with(
        folder_, mqtt + file("cert_file", "gateway.crt") + file("key_file", "gateway.key"), "with");
    EXPECT_TRUE(with.says("connected to mqtts://")) << with.process->errors();
}

TEST_F(TlsBroker, WithoutTlsOnThePort) {
    const ConfiguredService service(folder_, server("mqtts", broker_->port()) + file("ca_file", "ca.crt"));
    EXPECT_TRUE(service.says("check that this is its TLS port")) << service.process->errors();
}

TEST(BrokerAccess, AMissingFileIsAConfigurationError) {
    const Folder folder;
    folder.write("c.toml",
                 "[mqtt]\nca_file = \"/nowhere/ca.crt\"\n[[meter]]\nuri = \"cg+tcp://127.0.0.1\"\n");
    const Result result = gridbridge({"check-config", "--config", folder.path("c.toml")});
    EXPECT_EQ(result.exit_code, 78);
    EXPECT_NE(result.errors.find("/nowhere/ca.crt"), std::string::npos) << result.errors;
    EXPECT_NE(result.errors.find("[mqtt] ca_file"), std::string::npos) << result.errors;
}

} // namespace
} // namespace gridbridge::testing_support
