# Sourced by the tests here in namespaces of their own: a GX made of folders. `gx COMMAND...` runs in it.
# shellcheck shell=bash

gx_root=${folder:?}/gx
serial_starter=/opt/victronenergy/serial-starter
children=()
fail() {
    echo "FAILED: $1" >&2
    tail -n 20 "$folder"/*.log "$gx_root"/var/log/gridbridge/current >&2 2>/dev/null || true
    exit 1
}
step() { echo "== $1 ($SECONDS s)" >&2; }
# until_true TEXT COMMAND...: at most 60 s
until_true() {
    local text=$1 deadline=$((SECONDS + 60))
    shift
    until "$@"; do
        [ "$SECONDS" -lt "$deadline" ] || fail "$text"
        sleep 0.1
    done
}
gx() { (become_gx "$@"); }
# In the place of the shell, so that its process can be ended.
become_gx() { exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin chroot "$gx_root" "$@"; }

# What the firmware has, read-only; /data, /service, /run, /dev, /tmp and /var/log can be written.
make_gx() {
    mkdir -p "$gx_root"/{bin,sbin,lib,usr,etc,proc,dev,data,service,run,tmp,var/log} "$gx_root$serial_starter"
    ln -s /run "$gx_root/var/run"
    local script
    # As of Venus OS: the link in /dev is what serial-starter looks for.
    # shellcheck disable=SC2016 # $1 is for the scripts
    for script in 'stop:rm -f "/dev/serial-starter/$1"' 'start:ln -sf "/dev/$1" /dev/serial-starter/'; do
        printf '#!/bin/sh\necho "%s $1" >>/run/serial-starter.log\n%s\n' "${script%%:*}" "${script#*:}" \
            >"$gx_root$serial_starter/${script%%:*}-tty.sh"
    done
    chmod +x "$gx_root$serial_starter"/*.sh
    mount --bind "$gx_root" "$gx_root"
    "$@" # fills it with programs
    mount -o remount,bind,ro "$gx_root"
    local place
    for place in data service run tmp var/log dev; do
        mount -t tmpfs -o mode=755 tmpfs "$gx_root/$place"
    done
    mount -t proc proc "$gx_root/proc"
    mkdir -p "$gx_root"/dev/{serial/by-id,serial-starter} "$gx_root/run/dbus"
    for place in null zero urandom; do
        touch "$gx_root/dev/$place"
        mount --bind "/dev/$place" "$gx_root/dev/$place"
    done
}

# The optical head of a simulated D0 meter as /dev/ttyUSB0, found by serial-starter as udev would have it.
plug_in_head() {
    "${simulator:?}" simulate d0 --listen "serial://$folder/head" >"$folder/head.log" 2>&1 &
    children+=($!)
    until_true "no simulated meter" grep -qs '^listening on ' "$folder/head.log"
    touch "$gx_root/dev/ttyUSB0"
    mount --bind "$(readlink -f "$folder/head")" "$gx_root/dev/ttyUSB0"
    ln -s ../../ttyUSB0 "$gx_root/dev/serial/by-id/usb-head"
    ln -s /dev/ttyUSB0 "$gx_root/dev/serial-starter/ttyUSB0"
}

start_broker() {
    printf 'user root\nlistener 1883 127.0.0.1\nallow_anonymous true\npersistence false\n' >"$folder/mosquitto.conf"
    mosquitto -c "$folder/mosquitto.conf" >"$folder/mosquitto.log" 2>&1 &
    children+=($!)
    until_true "no broker" grep -qs 'mosquitto version .* running' "$folder/mosquitto.log"
}
has_power() { mosquitto_sub -h 127.0.0.1 -t 'N/gridbridge/grid/+/Ac/Power' -C 1 -W 2 2>/dev/null | grep -q '"value":-\{0,1\}[0-9]'; }
has_no_power() { ! has_power; }

# What Venus OS does at boot, as far as add-ons see it: /service is empty, rc.local runs, svscan starts what is there.
boot_gx() {
    rm -rf "$gx_root"/service/*
    [ ! -x "$gx_root/data/rc.local" ] || gx /data/rc.local
    become_gx svscan /service >>"$folder/svscan.log" 2>&1 &
    scanner=$!
}
stop_gx() {
    kill "$scanner"
    wait "$scanner" || true
    gx svc -dx /data/gridbridge/service /data/gridbridge/service/log
    until_true "the service does not end" not_running
}
not_running() { ! gx svok /data/gridbridge/service 2>/dev/null; }

# Names, rights and contents of what can be written, but for PATHS that may change.
list_data() {
    (cd "$gx_root" && find data service var/log -mindepth 1 \( -type f -o -type l \) -print0 | sort -z |
        while IFS= read -r -d '' file; do
            if [ -L "$file" ]; then
                echo "$file -> $(readlink "$file")"
            else
                echo "$file $(stat -c %a "$file") $(sha256sum <"$file")"
            fi
        done)
}
