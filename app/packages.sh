# Sourced by app/quickstart and tests/run: installs the Debian packages that are missing.

install_missing() {
    local missing=()
    local package
    for package in "$@"; do
        dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null | grep -qx installed || missing+=("$package")
    done
    [ ${#missing[@]} -eq 0 ] && return 0
    local sudo=()
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null || {
            echo "missing packages: ${missing[*]}; install them as root, or install sudo" >&2
            return 1
        }
        sudo=(sudo)
    fi
    echo "installing: ${missing[*]}" >&2
    "${sudo[@]}" apt-get update -qq >&2
    "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >&2
}

build_packages=(
    g++ cmake ninja-build pkg-config git ca-certificates
    libpaho-mqttpp-dev libpaho-mqtt-dev libssl-dev libmodbus-dev libasio-dev libcxxopts-dev libtomlplusplus-dev
    nlohmann-json3-dev libspdlog-dev libcpp-httplib-dev libsystemd-dev libpugixml-dev
)
