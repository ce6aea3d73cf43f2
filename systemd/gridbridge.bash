# Completion of gridbridge for bash.
_gridbridge() {
    local current=$2 previous=$3
    local verbs="run check-config read decode scan verify simulate init monitor forget health doctor history record replay incidents bundle"
    local meters="p1 sml d0 em24 em540 et112 et340 em340_s27 em580 sunspec sunspec_meter modbus"
    local options="--config --meter --mqtt --portal-id --state-dir --timeout --log-level --log-format --json --key --auth-key
        --listen --image --telegram --fault --unit --pace --turnaround --period --mode --addresses --memory --signature --units
        --bauds --parities --toml --strict --output --force --import --explain --export --from --to --resolution --csv --file --load --seconds --minutes --speed --compare --help --version --verbose"
    case $previous in
    --config | -o | --image | --telegram | --memory | --output | --import | --export | --file)
        compopt -o filenames
        mapfile -t COMPREPLY < <(compgen -f -- "$current")
        return
        ;;
    --state-dir)
        compopt -o filenames
        mapfile -t COMPREPLY < <(compgen -d -- "$current")
        return
        ;;
    --log-level) options="trace debug info warn error" ;;
    --log-format) options="text json" ;;
    --parities) options="none even odd" ;;
    --signature) options="384 256 none" ;;
    --resolution) options="minute quarter hour day" ;;
    --mode) options="push request" ;;
    simulate) options=$meters ;;
    decode) options="p1 sml d0 auto" ;;
    --*) [[ $previous =~ ^--(json|csv|strict|toml|force|explain|compare|version)$ ]] || return ;;
    *)
        if [ "$COMP_CWORD" -eq 1 ]; then
            [[ $current == -* ]] || options=$verbs
        elif [[ $current != -* ]]; then
            compopt -o filenames
            mapfile -t COMPREPLY < <(compgen -f -- "$current")
            return
        fi
        ;;
    esac
    mapfile -t COMPREPLY < <(compgen -W "$options" -- "$current")
}
complete -F _gridbridge gridbridge
