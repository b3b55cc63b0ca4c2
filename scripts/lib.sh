# Shared by the scripts. Sourced, not run.
# shellcheck shell=bash

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
export DEBIAN_FRONTEND=noninteractive

# The rooms without PHP: they are compiled and tested alone. Their C files, and NAME of each rdump_NAME.c.
core_sources=()
while read -r -a rooms; do
	for room in "${rooms[@]}"; do
		[ ! -e "$root/$room.c" ] || core_sources+=("$root/$room.c")
	done
done < <(sed -nE 's/^[a-z]+ +no +//p' "$root/scripts/house.d/layers")
core=("${core_sources[@]##*/rdump_}")
core=("${core[@]%.c}")

# Prints a message with the time since the script began. To stderr: stdout is for results.
say() {
	printf '[%4ds] %s\n' "$SECONDS" "$*" >&2
}

# Installs Debian packages that are missing. Quiet unless it fails.
install_packages() {
	local absent=() package log
	for package in "$@"; do
		[ "$(dpkg-query -W -f '${db:Status-Abbrev}' "$package" 2>/dev/null)" = "ii " ] || absent+=("$package")
	done
	[ ${#absent[@]} -gt 0 ] || return 0
	[ "$(id -u)" = 0 ] || { say "missing, and only root can install them: ${absent[*]}"; return 1; }
	say "installing ${absent[*]}"
	log=$(mktemp)
	# Parts that run beside each other wait for each other: "apt-get update" does not.
	# A service that is started by the way must not keep the lock.
	if ! (
		flock 7
		{
			apt-get update -q -o Acquire::Retries=3 || true
			apt-get install -y -q -o Acquire::Retries=3 -o DPkg::Lock::Timeout=300 --no-install-recommends \
				"${absent[@]}"
		} 7<&-
	) 7<"$root" >"$log" 2>&1; then
		tail -n 20 "$log" >&2
		rm -f "$log"
		return 1
	fi
	rm -f "$log"
}

# need_command COMMAND:PACKAGE ...
need_command() {
	local pair
	for pair in "$@"; do
		command -v "${pair%%:*}" >/dev/null || install_packages "${pair#*:}"
	done
}

# need_file FILE:PACKAGE ...
need_file() {
	local pair
	for pair in "$@"; do
		[ -e "${pair%%:*}" ] || install_packages "${pair#*:}"
	done
}

# How many lines "ok - ", "not ok - " and "skip - " tally has seen.
passed=0
failed=0
skipped=0

# has_told FILE STATUS: whether a test program ended with 1 because its closing line counts failures. These have lines
# of their own.
has_told() {
	[ "$2" -eq 1 ] && tail -n 1 "$1" | grep -qE '^[0-9]+ passed, [1-9][0-9]* failed, [0-9]+ skipped$' \
		&& grep -q '^not ok - ' "$1"
}

# tally NAME COMMAND [ARGUMENT ...]: runs a test program and counts its lines; a non-zero exit is one more failure,
# unless the program has told of it.
tally() {
	local name=$1 out status=0
	shift
	out=$(mktemp)
	say "$name"
	"$@" >"$out" || status=$?
	cat "$out"
	passed=$((passed + $(grep -c '^ok - ' "$out" || true)))
	failed=$((failed + $(grep -c '^not ok - ' "$out" || true)))
	skipped=$((skipped + $(grep -c '^skip - ' "$out" || true)))
	if [ "$status" -ne 0 ]; then
		if ! has_told "$out" "$status"; then
			echo "not ok - $name: ended with status $status"
			failed=$((failed + 1))
		fi
	elif ! grep -qE '^(ok|not ok|skip) - ' "$out"; then
		echo "not ok - $name: reported no test"
		failed=$((failed + 1))
	fi
	rm -f "$out"
}

# Prints the closing line. Fails if a test has failed. With RDUMP_MUST_RUN=1 also if none has passed: where everything
# should be there, skipping everything is a fault.
close_tally() {
	if [ -n "${RDUMP_MUST_RUN:-}" ] && [ $((passed + failed)) -eq 0 ]; then
		echo "not ok - nothing was tested, $skipped skipped"
		failed=1
	fi
	echo "$passed passed, $failed failed, $skipped skipped"
	[ "$failed" -eq 0 ]
}
