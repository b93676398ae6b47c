# shellcheck shell=bash
# Volumes that a test fills: a tmpfs of its own; with E2E_TOLD set a preloaded statvfs() that tells the program what the test
# says, where no volume is full to the last block. VOLUME_KIND is tmpfs or told. volumes_end() leaves no mount behind.

VOLUMES=()
VOLUME_KIND=''

volumes_begin() {
    local probe=$DATA/scratch/probe
    mkdir -p "$probe"
    if [ -z "${E2E_TOLD-}" ]; then
        mount -t tmpfs -o size=1m tmpfs "$probe" 2>/dev/null || { echo "no full volume: this machine forbids mounting" && exit 77; }
        umount "$probe"
        VOLUME_KIND=tmpfs
    else
        VOLUME_KIND=told
        cc -std=gnu17 -O1 -Wall -Wextra -shared -fPIC -o "$DATA/scratch/statvfs.so" "$TOP/tests/fixture/statvfs.c" -ldl
        chmod 755 "$DATA/scratch/statvfs.so"
    fi
    rmdir "$probe"
    echo "      volumes: $VOLUME_KIND"
}

# volume NAME FOLDER MIB: the folder becomes a volume of that size.
volume() {
    mkdir -p "$2"
    if [ "$VOLUME_KIND" = tmpfs ]; then
        mount -t tmpfs -o "size=$3m,mode=711" tmpfs "$2"
        VOLUMES+=("$2")
    else
        echo "$(($3 << 20)) $(($3 << 20))" >"$DATA/scratch/space-$1"
    fi
}

# on_volume NAME FOLDER: words that stand before a program which lives there.
on_volume() {
    [ "$VOLUME_KIND" = told ] || return 0
    # The sanitizers' runtime wants to be first, and need not be.
    printf '%s\n' env "LD_PRELOAD=$DATA/scratch/statvfs.so" "SPACE_FOLDER=$(realpath "$2")" "SPACE_FILE=$DATA/scratch/space-$1" \
        "ASAN_OPTIONS=$ASAN_OPTIONS:verify_asan_link_order=0"
}

# fill NAME FOLDER LEFT: until so many MiB are left; 0: to the last block.
fill() {
    if [ "$VOLUME_KIND" = told ]; then
        local all
        read -r _ all <"$DATA/scratch/space-$1"
        echo "$(($3 << 20)) $all" >"$DATA/scratch/space-$1.new"
        mv "$DATA/scratch/space-$1.new" "$DATA/scratch/space-$1"
        return
    fi
    local left
    left=$(df --output=avail -B1M "$2" | tail -n 1)
    if [ "$3" -gt 0 ]; then
        [ "$left" -le "$3" ] || fallocate -l "$((left - $3))M" "$2/filler.$RANDOM$RANDOM"
    else
        dd if=/dev/zero of="$2/filler.$RANDOM$RANDOM" bs=64k status=none 2>/dev/null || true
    fi
}

# drain NAME FOLDER: all of what fill() took.
drain() {
    if [ "$VOLUME_KIND" = told ]; then
        local all
        read -r _ all <"$DATA/scratch/space-$1"
        echo "$all $all" >"$DATA/scratch/space-$1.new"
        mv "$DATA/scratch/space-$1.new" "$DATA/scratch/space-$1"
    else
        rm -f "$2"/filler.*
    fi
}

volumes_end() {
    local folder
    for folder in "${VOLUMES[@]}"; do
        umount -l "$folder" 2>/dev/null || true
    done
    VOLUMES=()
}
