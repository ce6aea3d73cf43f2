// `gridbridge verify` on records that the openssl program has signed.
#include "tests/integration/support.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

namespace gridbridge::testing_support {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

const std::string payload =
    R"({"FV":"1.2","PG":"T7","MS":"KZ1","IS":true,"IT":"ISO14443","ID":"04A1B2C3","TT":"<0.45 & more>","RD":[)"
    R"({"TM":"2025-12-17T12:09:16,000+0100 S","TX":"B","RV":1.637,"RI":"1-b:1.8.0","RU":"kWh","ST":"G"},)"
    R"({"TM":"2025-12-17T12:30:30,000+0100 S","TX":"E","RV":1.643}]})";

std::string bytes_in(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

std::string hex(const std::string& bytes) {
    std::string text;
    for (const char c : bytes) {
        constexpr const char* digits = "0123456789ABCDEF";
        const auto byte = static_cast<unsigned char>(c);
        text += digits[byte >> 4U];
        text += digits[byte & 0xFU];
    }
    return text;
}

// A key on a curve that signs what is asked of it.
class Signer {
  public:
    explicit Signer(const std::string& curve) {
        const Result made =
            run({"openssl", "ecparam", "-name", curve, "-genkey", "-noout", "-out", folder_.path("key")});
        EXPECT_EQ(made.exit_code, 0) << made.errors;
        run({"openssl", "ec", "-in", folder_.path("key"), "-pubout", "-outform", "DER", "-out",
             folder_.path("der")});
    }
    std::string key() const { return hex(bytes_in(folder_.path("der"))); }
    std::string sign(const std::string& text) const {
        folder_.write("text", text);
        const Result done = run({"openssl", "dgst", "-sha256", "-sign", folder_.path("key"), "-out",
                                 folder_.path("signature"), folder_.path("text")});
        EXPECT_EQ(done.exit_code, 0) << done.errors;
        return hex(bytes_in(folder_.path("signature")));
    }
    std::string record(const std::string& text, const std::string& algorithm) const {
        return "OCMF|" + text + R"(|{"SA":")" + algorithm + R"(","SD":")" + sign(text) + "\"}";
    }
    const Folder& folder() const { return folder_; }

  private:
    const Folder folder_;
};

struct Curve {
    const char* openssl;
    const char* algorithm;
};

class VerifyCurve : public testing::TestWithParam<Curve> {};

TEST_P(VerifyCurve, TakesWhatOpensslSignedAndNoChangedBit) {
    const Signer signer(GetParam().openssl);
    const Folder& folder = signer.folder();
    const std::string record = signer.record(payload, GetParam().algorithm);
    folder.write("good.ocmf", record);
    const Result good = gridbridge({"verify", folder.path("good.ocmf"), "--key", signer.key(), "--explain"});
    EXPECT_EQ(good.exit_code, 0) << good.output;
    EXPECT_THAT(good.output, HasSubstr("rule         all fields are as OCMF 1.2 asks for them\nVALID"));
    for (const std::size_t at :
         {record.find("04A1B2C3"), record.find("1.643"), record.find("\"SD\":\"") + 20}) {
        std::string changed = record;
        changed[at] = changed[at] == '0' ? '1' : '0'; // a digit stays one
        folder.write("bad.ocmf", changed);
        const Result bad =
            gridbridge({"verify", folder.path("bad.ocmf"), "--key", signer.key(), "--explain"});
        EXPECT_EQ(bad.exit_code, 65) << bad.output;
        EXPECT_THAT(bad.output,
                    AllOf(HasSubstr("rule         signature does not fit"), HasSubstr("NOT VALID: ")));
    }
}

INSTANTIATE_TEST_SUITE_P(Table22, VerifyCurve,
                         testing::Values(Curve{"secp256k1", "ECDSA-secp256k1-SHA256"},
                                         Curve{"prime192v1", "ECDSA-secp192r1-SHA256"},
                                         Curve{"secp192k1", "ECDSA-secp192k1-SHA256"},
                                         Curve{"prime256v1", "ECDSA-secp256r1-SHA256"},
                                         Curve{"secp384r1", "ECDSA-secp384r1-SHA256"},
                                         Curve{"brainpoolP256r1", "ECDSA-brainpool256r1-SHA256"},
                                         Curve{"brainpoolP384r1", "ECDSA-brainpool384r1-SHA256"}));

TEST(Verify, ExplainAddsLinesAndChangesNoVerdict) {
    const Signer signer("prime256v1");
    std::string odd = payload;
    odd.replace(odd.find("\"kWh\""), 5, "\"KWH\"");
    const Folder& folder = signer.folder();
    folder.write("odd.ocmf", signer.record(odd, "ECDSA-secp256r1-SHA256"));
    const Result plain = gridbridge({"verify", folder.path("odd.ocmf"), "--key", signer.key()});
    EXPECT_EQ(plain.exit_code, 0);
    EXPECT_THAT(plain.output, Not(HasSubstr("rule")));
    const Result explained =
        gridbridge({"verify", folder.path("odd.ocmf"), "--key", signer.key(), "--explain"});
    EXPECT_EQ(explained.exit_code, 0);
    EXPECT_THAT(explained.output,
                HasSubstr("rule         RD[1].RU \"KWH\" is not a unit of OCMF; kWh or Wh"));
    EXPECT_EQ(explained.output.substr(explained.output.rfind("VALID")), "VALID\n");

    const Result keyless = gridbridge({"verify", folder.path("odd.ocmf"), "--explain"});
    EXPECT_EQ(keyless.exit_code, 65);
    EXPECT_THAT(keyless.output, HasSubstr("rule         key is missing; give the key of the meter"));
    const Result foreign =
        gridbridge({"verify", folder.path("odd.ocmf"), "--explain", "--key", Signer("secp256k1").key()});
    EXPECT_THAT(foreign.output,
                HasSubstr("rule         key is on the curve secp256k1, the record was signed on"));
}

TEST(Verify, ExportsTheRecordForTheTransparencySoftware) {
    const Signer signer("secp384r1");
    const Folder& folder = signer.folder();
    const std::string record = signer.record(payload, "ECDSA-secp384r1-SHA256");
    folder.write("record.ocmf", record + "\n");
    const std::string xml = folder.path("record.xml");
    const std::vector<std::string> command{"verify", folder.path("record.ocmf"), "--key", signer.key(),
                                           "--export"};
    const auto exported_to = [&](const std::string& target, const std::vector<std::string>& more = {}) {
        std::vector<std::string> whole = command;
        whole.push_back(target);
        whole.insert(whole.end(), more.begin(), more.end());
        return gridbridge(whole);
    };
    const Result written = exported_to(xml);
    EXPECT_EQ(written.exit_code, 0) << written.errors;
    EXPECT_THAT(written.output, HasSubstr("\nVALID"));
    const Result again = exported_to(xml);
    EXPECT_EQ(again.exit_code, 74);
    EXPECT_THAT(again.errors, HasSubstr("exists already: name another file, or use --force"));
    EXPECT_EQ(exported_to(xml, {"--force"}).exit_code, 0);
    EXPECT_EQ(exported_to(folder.path("missing/record.xml")).exit_code, 74);

    const Result piped = exported_to("-");
    EXPECT_EQ(piped.output, bytes_in(xml));
    EXPECT_THAT(piped.output, StartsWith("<?xml"));
    EXPECT_THAT(piped.errors, HasSubstr("VALID"));
    // By a reader that is not ours.
    const Result read = run({"python3", "-c",
                             "import sys, xml.etree.ElementTree as tree\n"
                             "value = tree.parse(sys.argv[1]).getroot().find('value')\n"
                             "print(value.get('transactionId'), value.find('publicKey').text,\n"
                             "      value.find('signedData').get('format'), value.find('signedData').text)",
                             xml});
    EXPECT_EQ(read.output, "7 " + signer.key() + " OCMF " + record + "\n") << read.errors;

    folder.write("broken.ocmf", "OCMF|{|{}");
    const Result broken =
        gridbridge({"verify", folder.path("broken.ocmf"), "--export", folder.path("broken.xml")});
    EXPECT_EQ(broken.exit_code, 65);
    EXPECT_THAT(broken.errors, HasSubstr("nothing is exported"));
    EXPECT_FALSE(std::ifstream(folder.path("broken.xml")).is_open());
}

} // namespace
} // namespace gridbridge::testing_support
