#include "app/page/added_folder.hpp"

#include "mqtt/files/synced_file.hpp"

namespace gridbridge {

AddedFolder::AddedFolder(const std::string& state_dir)
    : state_dir_(state_dir), folder_(added_folder(state_dir)) {}

std::vector<AddedFile> AddedFolder::files() const {
    return read_added_files(state_dir_);
}

std::optional<std::string> AddedFolder::read(const std::string& name) const {
    return read_whole(path_of(name));
}

void AddedFolder::write(const std::string& name, const std::string& text) const {
    make_folder_synced(folder_);
    replace_synced(path_of(name), text);
}

bool AddedFolder::remove(const std::string& name) const {
    return remove_synced(path_of(name));
}

} // namespace gridbridge
