// Names of the identification of a charging transaction. Source: OCMF 1.2, tables 10 to 13, and the numbers
// that the EM580 has for them (EVerest `CarloGavazzi_EM580`).
#pragma once

#include "drivers/text/choice.hpp"

#include <array>
#include <string_view>

namespace gridbridge {

inline constexpr Names<bool, 2> identification_status_names{{{"NOT_ASSIGNED", false}, {"ASSIGNED", true}}};

inline constexpr Names<int, 10> identification_level_names{{{"NONE", 0},
                                                            {"HEARSAY", 1},
                                                            {"TRUSTED", 2},
                                                            {"VERIFIED", 3},
                                                            {"CERTIFIED", 4},
                                                            {"SECURE", 5},
                                                            {"MISMATCH", 6},
                                                            {"INVALID", 7},
                                                            {"OUTDATED", 8},
                                                            {"UNKNOWN", 9}}};

inline constexpr Names<int, 18> identification_type_names{{{"NONE", 0},
                                                           {"DENIED", 1},
                                                           {"UNDEFINED", 2},
                                                           {"ISO14443", 10},
                                                           {"ISO15693", 11},
                                                           {"EMAID", 20},
                                                           {"EVCCID", 21},
                                                           {"EVCOID", 30},
                                                           {"ISO7812", 40},
                                                           {"CARD_TXN_NR", 50},
                                                           {"CENTRAL", 60},
                                                           {"CENTRAL_1", 61},
                                                           {"CENTRAL_2", 62},
                                                           {"LOCAL", 70},
                                                           {"LOCAL_1", 71},
                                                           {"LOCAL_2", 72},
                                                           {"PHONE_NUMBER", 80},
                                                           {"KEY_CODE", 90}}};

// A record names at most one flag of each group, and the groups in this order.
struct IdentificationFlag {
    std::string_view name;
    std::size_t group = 0; // 0 RFID, 1 OCPP, 2 ISO15118, 3 PLMN
    int number = 0;
};
inline constexpr std::array<IdentificationFlag, 17> identification_flags{{{"RFID_NONE", 0, 0},
                                                                          {"RFID_PLAIN", 0, 1},
                                                                          {"RFID_RELATED", 0, 2},
                                                                          {"RFID_PSK", 0, 3},
                                                                          {"OCPP_NONE", 1, 0},
                                                                          {"OCPP_RS", 1, 1},
                                                                          {"OCPP_AUTH", 1, 2},
                                                                          {"OCPP_RS_TLS", 1, 3},
                                                                          {"OCPP_AUTH_TLS", 1, 4},
                                                                          {"OCPP_CACHE", 1, 5},
                                                                          {"OCPP_WHITELIST", 1, 6},
                                                                          {"OCPP_CERTIFIED", 1, 7},
                                                                          {"ISO15118_NONE", 2, 0},
                                                                          {"ISO15118_PNC", 2, 1},
                                                                          {"PLMN_NONE", 3, 0},
                                                                          {"PLMN_RING", 3, 1},
                                                                          {"PLMN_SMS", 3, 2}}};

inline constexpr Names<int, 3> modality_names{
    {{"charging", 0}, {"vehicle_to_grid", 1}, {"bidirectional", 2}}};

} // namespace gridbridge
