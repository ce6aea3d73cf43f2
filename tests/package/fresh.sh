# Sourced by the scripts here: a fresh Debian 12 in the folder $root. Its /dev is there only while something runs in it.
# shellcheck shell=bash

make_root() {
    mkdir "${root:?}"
    tar -xf "$(tests/package/base)" -C "$root" --exclude='./dev/*'
    cp /etc/resolv.conf "$root/etc/" 2>/dev/null || true
}
in_root() {
    # shellcheck disable=SC2016 # variables of the inner shell
    unshare --mount --pid --fork --kill-child sh -c '
        mount -t proc proc "$0/proc" && mount --rbind /dev "$0/dev" &&
        exec chroot "$0" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive "$@"' "$root" "$@"
}
