# Sourced by the scripts here, as root, after their checks for tools: a place for images that is gone at the end, and what both need.
# shellcheck shell=bash

# podman 4.3 does not start where both versions of cgroups are mounted: the second one is hidden from it, in a namespace of our own.
if [ "${GRIDBRIDGE_OWN_MOUNTS:-}" != 1 ]; then
    GRIDBRIDGE_OWN_MOUNTS=1 exec unshare --mount "tests/container/$(basename "$0")"
fi
umount /sys/fs/cgroup/unified 2>/dev/null || true
export PATH=$PATH:/usr/sbin

folder=$(mktemp -d)
store=${GRIDBRIDGE_CONTAINER_STORE:-$folder/store}
mkdir -p "$store"
printf '[storage]\ndriver = "vfs"\ngraphroot = "%s/graph"\nrunroot = "%s/run"\n' "$store" "$store" >"$folder/storage.conf"
export CONTAINERS_STORAGE_CONF=$folder/storage.conf STORAGE_DRIVER=vfs BUILDAH_ISOLATION=chroot
# podman gives a container's standard input to the user of the image, here /dev/null of the machine: it is given back.
engine() {
    local code=0
    podman --cgroup-manager=cgroupfs "$@" || code=$?
    chown root:root /dev/null
    return "$code"
}
limits=(--ulimit "nofile=1024:1024" --ulimit "nproc=1024:1024" --cgroups=disabled --network=host --no-healthcheck)
# shellcheck disable=SC2034 # for those who source this
closed=("${limits[@]}" --read-only --cap-drop=all --security-opt no-new-privileges)

fail() {
    echo "FAILED: $1" >&2
    tail -n 30 "$folder"/*.log >&2
    exit 1
}
step() { echo "== $1 ($SECONDS s)" >&2; }
# import_base ARCHIVE IMAGE OPTION...: an image of a Debian; options as of `buildah from`.
import_base() {
    local container
    container=$(buildah from "${@:3}" scratch)
    buildah add -q "$container" "$1" / >/dev/null
    buildah config "${@:3}" --cmd /bin/bash --env PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$container"
    buildah commit -q "$container" "$2" >/dev/null
    buildah rm "$container" >/dev/null
}
# build_image BASE IMAGE DOCKERFILE OPTION...
build_image() {
    buildah bud --isolation chroot --format docker --build-arg BASE="$1" --build-arg COMMIT="$(git rev-parse --short=12 HEAD)" \
        "${@:4}" -f "$3" -t "$2" . >"$folder/build.log" 2>&1 || fail "$2 is not built"
}
# build_on_base BASE IMAGE: the image of docker/Dockerfile, unless the one in the store is to be used.
build_on_base() {
    [ "${GRIDBRIDGE_CONTAINER_BUILD:-}" != 0 ] || return 0
    step "base image"
    local base
    base=$(tests/package/base)
    import_base "$base" "$1"
    step "build"
    build_image "$1" "$2" docker/Dockerfile
}
# take_program IMAGE FILE: its program, or one that was built here if that needs other libraries.
take_program() {
    local container
    container=$(engine create "${limits[@]}" "$1")
    engine cp "$container:/usr/bin/gridbridge" "$2"
    engine rm "$container" >/dev/null
    "$2" --version >/dev/null 2>&1 && return 0
    [ -x build/release/gridbridge ] || fail "the program needs libraries that are not here; build one: cmake --build --preset release"
    cp build/release/gridbridge "$2"
}
size_of() { engine image inspect "$1" --format '{{.Size}}'; }
# check_size IMAGE BASE
check_size() {
    local added=$((($(size_of "$1") - $(size_of "$2")) / 1000000))
    echo "$1 adds $added MB to its base" >&2
    [ "$added" -le 20 ] || fail "$1 adds $added MB to its base"
}
# The machine of the program is the one the image names: bytes 18 and 19 of an ELF file.
check_machine() {
    local image=$1 container path machine
    container=$(buildah from --pull-never "$image" 2>/dev/null)
    path=$(buildah mount "$container")
    machine=$(od -An -tx1 -j18 -N2 "$path/usr/bin/gridbridge" | tr -d ' ')
    buildah rm "$container" >/dev/null
    case $(engine image inspect "$image" --format '{{.Architecture}}') in
    amd64) [ "$machine" = 3e00 ] ;;
    arm64) [ "$machine" = b700 ] ;;
    arm) [ "$machine" = 2800 ] ;;
    *) false ;;
    esac || fail "the program in $image is for machine $machine"
}
# tool IMAGE COMMAND...: a program of the image in place of gridbridge.
tool() { engine run --rm "${closed[@]}" --entrypoint "$2" "$1" "${@:3}"; }
# The list of what is in an image names each of its packages, and the image has it.
check_bill() {
    # shellcheck disable=SC2016 # the format is dpkg's
    tool "$1" sh -c "dpkg-query -W -f '\${Package} \${Version}\\n' && echo && cat /usr/share/doc/gridbridge/sbom.spdx.json" \
        >"$folder/contents" || fail "no list of what is in $1"
    sed '/^$/q' "$folder/contents" | sed '/^$/d' >"$folder/installed"
    sed '1,/^$/d' "$folder/contents" >"$folder/sbom.json"
    python3 - "$folder/sbom.json" "$folder/installed" <<'CHECK' || fail "the list of what is in $1"
import json
import sys
document = json.load(open(sys.argv[1]))
listed = {(package["name"], package["versionInfo"]) for package in document["packages"]}
installed = {tuple(line.split()) for line in open(sys.argv[2])}
assert installed and installed <= listed, installed - listed
names = {name for name, _ in listed}
assert {"gridbridge", "libsqlite3-dev", "libpaho-mqtt1.3"} <= names, names
CHECK
}
