#include "drivers/modbus/sunspec/sunspec_chain.hpp"

#include <algorithm>

namespace gridbridge::sunspec {
namespace {

constexpr unsigned address_count = 0x10000;
constexpr unsigned head_words = 2;
constexpr std::uint16_t end_model = 0xFFFF;

std::optional<RegisterAddress> head_at(unsigned address) {
    return address + head_words <= address_count ? std::optional(static_cast<RegisterAddress>(address))
                                                 : std::nullopt;
}

// A device ends where the model 1 of the next begins.
std::span<const ChainModel> first_device(std::span<const ChainModel> chain) {
    const auto next = chain.empty()
                          ? chain.end()
                          : std::find_if(chain.begin() + 1, chain.end(),
                                         [](const ChainModel& model) { return model.id == common_model; });
    return chain.first(static_cast<std::size_t>(next - chain.begin()));
}

std::optional<ChainDevice> device_in(std::span<const ChainModel> models, ModelKind kind) {
    std::optional<ChainDevice> found;
    for (const ChainModel& model : models) {
        const MeasuringModel* const type = find_measuring_model(model.id);
        if (type != nullptr && type->kind == kind &&
            (!found || type->preference >= found->type->preference)) {
            found = ChainDevice{type, model, std::nullopt, std::nullopt};
        }
    }
    if (!found) {
        return found;
    }
    if (models.front().id == common_model) {
        found->common = models.front();
    }
    const auto rating = std::find_if(models.begin(), models.end(), [](const ChainModel& model) {
        return find_rating_model(model.id) != nullptr;
    });
    if (kind == ModelKind::Inverter && rating != models.end()) {
        found->rating = *rating;
    }
    return found;
}

} // namespace

ChainWalk::ChainWalk(RegisterAddress base) : next_(head_at(number_of(base) + head_words)) {}

void ChainWalk::take(std::uint16_t id, std::uint16_t length) {
    if (!next_) {
        return;
    }
    const ChainModel model{id, length, *next_};
    next_.reset();
    const bool is_end = id == end_model || id == 0 || length == 0xFFFF;
    if (is_end || model.end() > address_count) {
        return;
    }
    models_.push_back(model);
    if (models_.size() < max_models) {
        next_ = head_at(model.end());
    }
}

std::span<const ChainModel> models_of(std::span<const ChainModel> chain, const ChainDevice& device) {
    while (!chain.empty()) {
        const auto models = first_device(chain);
        if (std::find(models.begin(), models.end(), device.measured) != models.end()) {
            return models;
        }
        chain = chain.subspan(models.size());
    }
    return {};
}

std::vector<ChainDevice> devices_of(std::span<const ChainModel> chain, ModelKind kind) {
    std::vector<ChainDevice> devices;
    while (!chain.empty()) {
        const auto models = first_device(chain);
        if (auto device = device_in(models, kind)) {
            devices.push_back(*device);
        }
        chain = chain.subspan(models.size());
    }
    return devices;
}

std::size_t usual_device(std::span<const ChainDevice> devices) {
    std::size_t usual = 0;
    for (std::size_t i = 1; i < devices.size(); ++i) {
        const bool is_better = devices[i].type->preference >= devices[usual].type->preference;
        usual = devices[i].type->kind == ModelKind::Inverter && is_better ? i : usual;
    }
    return usual;
}

std::optional<ChainDevice> choose_device(std::span<const ChainModel> chain, ModelKind kind) {
    const auto devices = devices_of(chain, kind);
    return devices.empty() ? std::nullopt : std::optional(devices[usual_device(devices)]);
}

std::string common_text(std::span<const std::uint16_t> model, CommonText text) {
    if (std::size_t{text.offset} + text.words > model.size()) {
        return {};
    }
    std::string found;
    for (const std::uint16_t word : model.subspan(text.offset, text.words)) {
        found += static_cast<char>(word >> 8U);
        found += static_cast<char>(word & 0xFFU);
    }
    found.erase(std::min(found.find('\0'), found.size()));
    std::erase_if(found, [](char c) { return c < 0x20 || c > 0x7E; });
    found.erase(0, found.find_first_not_of(' '));
    found.erase(found.find_last_not_of(' ') + 1);
    return found;
}

} // namespace gridbridge::sunspec
