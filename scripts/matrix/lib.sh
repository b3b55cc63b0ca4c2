# Sourced by the parts of the version matrix. It sources scripts/lib.sh.
# shellcheck shell=bash

. "$(dirname "${BASH_SOURCE[0]}")/../lib.sh"

matrix_cache=${RDUMP_CACHE:-/var/cache/rdump}
matrix_dir=$root/scripts/matrix

# What Debian signs its archive with.
# shellcheck disable=SC2034 # for those who source this
keyring=/usr/share/keyrings/debian-archive-keyring.gpg

# The exit status if something cannot be fetched. That is not a failed test: the caller skips it, with the reason.
readonly EXIT_NOT_FETCHED=75

not_fetched() {
	echo "cannot fetch: $*" >&2
	exit "$EXIT_NOT_FETCHED"
}

die() {
	echo "failed: $*" >&2
	exit 1
}

# host_packages NAME...: installs what is missing on this machine. One row at a time: "apt-get update" does not wait for
# another's lock. No service that is started by a package keeps ours.
host_packages() {
	mkdir -p "$matrix_cache/lock"
	{
		flock 8
		install_packages "$@" 8>&- || not_fetched "$*"
	} 8> "$matrix_cache/lock/packages"
}

# The address of the mirror that this machine's own apt uses, by the label of the archive: Debian, Debian-Security.
mirror() {
	apt-get indextargets --format '$(LABEL) $(REPO_URI)' 'Created-By: Packages' \
		| awk -v label="$1" '$1 == label { print $2; exit }'
}

# stamped FILE RECIPE: the file says of what something was made; the same words again mean there is nothing to do.
stamped() {
	[ -f "$1" ] && [ "$(cat "$1")" = "$2" ]
}

# in_suite host|SUITE COMMAND...: runs it on this machine or in the chroot of that suite.
in_suite() {
	if [ "$1" = host ]; then
		"${@:2}"
	else
		"$matrix_dir/in-chroot" "$@"
	fi
}

# The folder of a suite's files on this machine. "" for this machine itself.
suite_root() {
	[ "$1" = host ] || echo "$matrix_cache/chroot/$1"
}

# php_of NAME: its suite, and its php-config there.
php_of() {
	case $1 in
		7.4) echo bullseye /usr/bin/php-config7.4 ;;
		8.4) echo trixie /usr/bin/php-config8.4 ;;
		8.5|8.6) echo sid "/usr/bin/php-config$1" ;;
		7.4-zts) echo bullseye "/opt/php/$1/bin/php-config" ;;
		8.4-zts|8.4-asan) echo trixie "/opt/php/$1/bin/php-config" ;;
		8.2-zts|8.2-zts-debug|8.2-debug) echo host "$matrix_cache/php/$1/bin/php-config" ;;
		*) return 1 ;;
	esac
}

# place_tree SUITE NAME: copies the sources into that suite, because a chroot sees nothing outside, and tests write to
# their own folder. Prints the path there.
place_tree() {
	local tree=/rdump/$2 outside
	if [ "$1" = host ]; then
		mkdir -p "${RDUMP_BUILD_DIR:-$root/build}/matrix"
		tree=$(cd "${RDUMP_BUILD_DIR:-$root/build}/matrix" && pwd)/$2
	fi
	outside=$(suite_root "$1")$tree
	rm -rf "$outside"
	mkdir -p "$outside"
	tar -C "$root" --exclude=./build --exclude=./.git -cf - . | tar -C "$outside" -xf - --no-same-owner
	echo "$tree"
}

# ---- cases

# have NAME CASE: provisions NAME. If that fails, prints a line for the case, and fails.
have() {
	local status=0
	"$matrix_dir/provision" "$1" || status=$?
	case $status in
		0) ;;
		"$EXIT_NOT_FETCHED") echo "skip - $2: $1 cannot be fetched" ;;
		*) echo "not ok - $2: $1 cannot be put in place" ;;
	esac
	return "$status"
}

# report NAME COMMAND...: a case that passes if the command does. Uses the caller's $work.
# shellcheck disable=SC2154 # that one
report() {
	local name=$1
	shift
	if "$@" > "$work/log" 2>&1; then
		echo "ok - $name"
	else
		echo "not ok - $name: $(grep -m 1 -E 'error|warning' "$work/log" || tail -n 1 "$work/log")"
		cat "$work/log" >&2
	fi
}

# refuses COMMAND...: the compilation must fail, with a sentence for the user.
refuses() {
	if "$@" 2> "$work/refusal"; then
		echo "error: it compiles"
		return 1
	fi
	grep 'error.*rdump needs' "$work/refusal" || { cat "$work/refusal"; return 1; }
}
