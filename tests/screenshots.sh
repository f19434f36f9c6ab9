#!/bin/bash
# tests/screenshots.sh REAPTOP DIR: pictures of the real program in a real
# terminal emulator (xterm on an X server in memory). Keys are typed through
# tmux, which also tells when the screen shows what is waited for. As root the
# processes are a small family of our own in a PID namespace, so that every
# picture tells the same story; else they are the machine's.
set -eu

reaptop=$(realpath "$1")
dir=$(realpath "$2")
here=$(realpath "$(dirname "$0")")
work=$(mktemp -d)
export TMUX_TMPDIR=$work LANG=C.UTF-8
language=en # of the pictures, as LANGUAGE has it
unset TMUX
for tool in Xvfb xterm tmux import xwininfo; do
    command -v $tool >/dev/null || { echo "screenshots: there is no $tool; make deps-screenshots" >&2; exit 1; }
done

Xvfb -displayfd 3 -screen 0 2400x1600x24 -noreset -nolisten tcp >"$work/xvfb.log" 2>&1 3>"$work/display" &
server=$!
terminal=
socket=shots
end() {
    tmux -L "$socket" kill-server 2>/dev/null || :
    [ -z "$terminal" ] || kill "$terminal" 2>/dev/null || :
    kill $server 2>/dev/null || :
    rm -rf "$work"
}
trap end EXIT
trap 'exit 130' INT TERM HUP

# wait_for WHAT COMMAND...: at most 20 seconds.
wait_for() {
    what=$1
    shift
    for ((i = 0; i < 200; i++)); do
        ! "$@" >/dev/null 2>&1 || return 0
        sleep 0.1
    done
    echo "screenshots: waited in vain for $what" >&2
    tmux -L "$socket" capture-pane -p >&2 || :
    return 1
}

shows() {
    tmux -L "$socket" capture-pane -p | grep -qF -- "$1"
}

is_viewable() {
    xwininfo -name shot 2>/dev/null | grep -q IsViewable
}

# The terminal has painted when two pictures in a row are the same; rows that
# change all the time are not waited for longer than that.
picture() {
    local window
    window=$(xwininfo -name shot | sed -n 's/.*Window id: \(0x[0-9a-f]*\).*/\1/p')
    for ((i = 0; i < 10; i++)); do
        import -window "$window" "$work/new.png"
        ! cmp -s "$work/new.png" "$work/old.png" || break
        mv "$work/new.png" "$work/old.png"
        sleep 0.1
    done
    convert "$work/old.png" -strip -colors 64 "$1"
    rm -f "$work"/*.png
}

# shot NAME COLSxROWS OPTIONS [KEY | =TEXT | !TEXT]...: types each key; =TEXT waits for it.
shot() {
    local name=$1 size=$2 options=$3
    shift 3
    local cols=${size%x*} rows=${size#*x} command="$reaptop $options"
    socket=$name-$size # a server of its own: the one before may still be ending
    # A path that is the same on every machine, for it is in the picture.
    [ "$(id -u)" -ne 0 ] ||
        command="unshare -p -f -m -u --mount-proc --kill-child $work/bin/enter $options"
    tmux -L "$socket" -f /dev/null new-session -d -s shot -x "$cols" -y "$rows" "LANGUAGE=$language TERM=tmux-256color $command" \; \
        set -g status off \; set -g default-terminal tmux-256color \; set -sg escape-time 0
    xterm -T shot -fa 'DejaVu Sans Mono' -fd 'WenQuanYi Zen Hei Mono' -fs 11 -geometry "$size" -b 6 +sb -bw 0 -tn xterm-256color \
        -bg '#14181d' -fg '#d3d7cf' -xrm 'XTerm*cursorBlink: false' -xrm 'XTerm*color4: #5c8dd6' \
        -xrm 'XTerm*color12: #86aef0' -xrm 'XTerm*color8: #7d838a' \
        -e tmux -L "$socket" attach -t shot &
    terminal=$!
    wait_for "a window" is_viewable
    wait_for "the tree" shows PID
    for key in "$@"; do
        case $key in
        =*) wait_for "${key#=}" shows "${key#=}" ;;
        *) tmux -L "$socket" send-keys -t shot "$key" ;;
        esac
    done
    picture "$dir/$name-$size.png"
    echo "screenshots: $name-$size.png"
    tmux -L "$socket" kill-server
    wait $terminal 2>/dev/null || :
    terminal=
}

wait_for "an X server" test -s "$work/display"
DISPLAY=:$(cat "$work/display")
export DISPLAY
mkdir -p "$dir" "$work/bin"
cp "$here/demo" "$reaptop" "$work/bin"
cp -R "$(dirname "$reaptop")/locale" "$work/bin" # where the program looks for its languages
cat >"$work/bin/enter" <<END
#!/bin/sh
mount --bind "$work/bin" /usr/local/bin
exec /usr/local/bin/demo reaptop "\$@"
END
chmod +x "$work/bin/enter"

. "$here/screenshots.list"
