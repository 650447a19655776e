"""What a terminal's pod runs: a few lines of shell, then the best shell of the image.

They run in any image that has ``sh``, so they ask nothing of it but POSIX. Everything they say is printed by the pod
itself and so stands in its log: it is there for whoever attaches later, from another window or after a lost connection.

The first two lines fit into 80 columns, and with usual names into the 63 of a tab beside a notebook: of names that are
too long the middle is left out, of the volume's and the path here, of the pod's and the node's, which are not known
here, by the script.

The shell's own files (history, settings) go to ``/tmp``, never to the volume. That the directory cannot be entered,
read or written is said at once, with whose it is, because the shell would only say "Permission denied".
"""

from __future__ import annotations

from typing import Any, Final

from kt_jupyter.specs.durations import written
from kt_jupyter.specs.human import fitted
from kt_jupyter.specs.pod import field_of_pod, literal

Json = dict[str, Any]

# KT_MOUNT_V0 is where the embedded cluster has a volume on a machine that lets nobody mount it at its path.
_SCRIPT: Final = r"""
place=${KT_MOUNT_V0:-$KT_PATH}
cannot=
if ! cd "$place" 2>/dev/null; then cannot=entered
elif ! [ -r . ]; then cannot=read
elif [ "$KT_ACCESS" = read-write ] && ! [ -w . ]; then cannot=written
fi
fitted() {
  if [ ${#1} -le "$2" ]; then printf %s "$1"; return; fi
  end=$1
  while [ ${#end} -gt $(($2 / 2)) ]; do end=${end#?}; done
  printf "%.$((($2 - 1) / 2))s…%s" "$1" "$end"
}
room=$((@ROOM@ - ${#KT_POD}))
if [ $room -lt 20 ]; then room=20; fi
if [ ${#KT_NODE} -lt $room ]; then room=${#KT_NODE}; fi
printf '\033[1m%s\033[0m at %s, %s; %s\n' "$KT_VOLUME" "$KT_PLACE" "$KT_ACCESS" "$KT_ENDS"
printf 'pod %s on %s\n' "$(fitted "$KT_POD" "$((@ROOM@ - $room))")" "$(fitted "$KT_NODE" "$room")"
if [ -n "$cannot" ]; then
  set -- $(ls -ldn "$place" 2>/dev/null) - - - -
  printf '%s cannot be %s as user %s: it belongs to %s:%s (%s).' "$KT_PATH" "$cannot" "$(id -u):$(id -g)" "$3" "$4" "$1"
  if [ "$3" != "$(id -u)" ] && [ "$3" != - ]; then printf ' To be that user: vol.ssh(run_as="%s:%s")' "$3" "$4"; fi
  printf '\n'
fi
ENV=$HOME/.kt_jupyter_shrc
{
  printf '%s\n' 'PS1="\$PWD \\\$ "'
  if ls --color=auto -d / >/dev/null 2>&1; then printf '%s\n' 'alias ls="ls --color=auto"'; fi
} 2>/dev/null >"$ENV"
export ENV PS1='$PWD \$ '
unset KT_VOLUME KT_PATH KT_PLACE KT_ACCESS KT_POD KT_NODE KT_ENDS place cannot room end
if command -v bash >/dev/null 2>&1; then exec bash --rcfile "$ENV" -i; fi
exec sh -i
"""

_COLUMNS: Final = 80
_POD_AND_NODE: Final = _COLUMNS - len("pod  on ")
COMMAND: Final = ("sh", "-c", literal(_SCRIPT.strip().replace("@ROOM@", str(_POD_AND_NODE))))


def environment(volume: str, mount_path: str, *, read_only: bool, lease: int) -> dict[str, str | Json]:
    """Return the variables that the script reads, and those of a shell that people type into."""
    access = "read-only" if read_only else "read-write"
    ends = f"exit or {written(lease)} detached ends it"
    room = _COLUMNS - len(f" at , {access}; {ends}")
    name = fitted(volume, max(room - len(mount_path), room // 2))
    return {
        "KT_VOLUME": literal(name),
        "KT_PATH": literal(mount_path),
        "KT_PLACE": literal(fitted(mount_path, room - len(name))),
        "KT_ACCESS": access,
        "KT_ENDS": ends,
        "KT_POD": field_of_pod("metadata.name"),
        "KT_NODE": field_of_pod("spec.nodeName"),
        "HOME": "/tmp",  # noqa: S108 - the container's own
        "TERM": "xterm-256color",
        "LANG": "C.UTF-8",
    }
