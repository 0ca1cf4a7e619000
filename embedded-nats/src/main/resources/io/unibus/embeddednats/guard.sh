# Makes sure that the nats-server child ends when the JVM does, however that ended. Its standard input is a pipe whose
# only writer is the JVM: each line names the present child as "PID STARTTIME EXE", and the end of input is the end of
# the JVM. Arguments: the configuration file, for people only; the programs that the child goes through before it is EXE.
# It holds the reading end of the child's output too, from which it never reads: with the JVM's alone, the first line that
# the child writes after the end of the JVM would end it (SIGPIPE) before it has handed over what it leads.
# It never signals a process that is not that child by pid, start time and program, looked at again before each signal.
trap '' INT HUP QUIT TERM
shell=$2 other=$3 another=$4
pid='' start='' exe=''
while read -r a b c; do
    pid=$a start=$b exe=$c
    command exec 9<"/proc/$pid/fd/1"
done
[ -n "$pid" ] || exit 0

ours() {
    read -r stat <"/proc/$pid/stat" || return 1
    set -- ${stat##*)}
    [ "${20}" = "$start" ] && [ "$1" != Z ] && [ "$1" != X ] || return 1
    found=$(readlink "/proc/$pid/exe") && [ -n "$found" ] || return 1
    case ${found% (deleted)} in "$exe" | "$shell" | "$other" | "$another") return 0 ;; *) return 1 ;; esac
}

ours || exit 0
kill -TERM "$pid"
for step in 1 2 3 4 5 6 7 8 9 10; do
    sleep 0.05
    ours || exit 0
done
ours && kill -KILL "$pid"
