# Sourced by app/quickstart, tests/run and the image's build: the Debian packages that are needed.

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

build_tools=(cmake ninja-build pkg-config)
build_headers=(libasio-dev libcxxopts-dev nlohmann-json3-dev libjs-dygraphs) # the same for every machine
build_libraries=(
    libpaho-mqttpp-dev libpaho-mqtt-dev libssl-dev libmodbus-dev libtomlplusplus-dev libspdlog-dev libhttp-parser-dev
    libpugixml-dev libsqlite3-dev libzstd-dev zlib1g-dev
)
# shellcheck disable=SC2034 # for systemd/sbom: whose code is in the program itself
compiled_in=(
    libasio-dev libcxxopts-dev nlohmann-json3-dev libjs-dygraphs libtomlplusplus-dev libspdlog-dev libfmt-dev libhttp-parser-dev
    libpugixml-dev libsqlite3-dev zlib1g-dev
)
build_packages=(g++ git ca-certificates "${build_tools[@]}" "${build_headers[@]}" "${build_libraries[@]}")
# shellcheck disable=SC2034 # for the commands of systemd/README.md that make the Debian package
package_tools=(dpkg-dev file)

# shellcheck disable=SC2034 # for tests/run: the page is looked at in a real browser
page_test_packages=(chromium python3)

# Prints the packages to build for a machine, by Debian's name for it, on this one. $1 machine, then more libraries.
packages_for() {
    local machine=$1
    shift
    printf '%s\n' "${build_tools[@]}" "${build_headers[@]}"
    if [ "$machine" = "$(dpkg --print-architecture)" ]; then
        printf '%s\n' g++ "${build_libraries[@]}" "$@"
        return 0
    fi
    case $machine in
    amd64) echo g++-x86-64-linux-gnu ;;
    arm64) echo g++-aarch64-linux-gnu ;;
    armhf) echo g++-arm-linux-gnueabihf ;;
    *)
        echo "no cross compiler for $machine" >&2
        return 1
        ;;
    esac
    local library
    for library in "${build_libraries[@]}" "$@"; do
        echo "$library:$machine"
    done
}
