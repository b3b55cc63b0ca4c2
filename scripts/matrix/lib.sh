# Sourced by the parts of the version matrix, in place of scripts/lib.sh, which it sources.

. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"

matrix_cache=${RDUMP_CACHE:-/var/cache/rdump}
matrix_dir=$root/scripts/matrix

# What could not be fetched is no failure of what was to be tested: the caller skips it, with the reason.
readonly EXIT_NOT_FETCHED=75

not_fetched() {
	echo "cannot fetch: $*" >&2
	exit "$EXIT_NOT_FETCHED"
}

die() {
	echo "failed: $*" >&2
	exit 1
}

# in_suite host|SUITE COMMAND...: runs it on this machine or in the chroot of that suite.
in_suite() {
	if [ "$1" = host ]; then
		"${@:2}"
	else
		"$matrix_dir/in-chroot" "$@"
	fi
}

# Where the files of a suite are, seen from this machine: "" for this machine itself.
suite_root() {
	[ "$1" = host ] || echo "$matrix_cache/chroot/$1"
}
