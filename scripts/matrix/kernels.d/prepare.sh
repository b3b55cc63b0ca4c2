# Sourced by scripts/matrix/kernels: makes what a guest needs. It stays in $kernels, and is made again where its recipe
# has changed.
# shellcheck shell=bash
# shellcheck disable=SC2154 # root, matrix_dir, kernels, work, log and others are that script's
# shellcheck disable=SC2030,SC2031 # prepare_kernel() is a subshell so that what it sets and exports ends with it

# The userland is this machine's Debian release, because the cross compilers' C library is.
userland_suite() {
	(. /etc/os-release && echo "$VERSION_CODENAME")
}

# The commands that the tests and the guest's scripts call. apt does not install essential packages by itself: all are
# named.
userland_packages() {
	local php=$1
	echo dash bash coreutils util-linux mount login hostname grep sed gawk findutils diffutils procps psmisc tar gzip \
		libc-bin ncurses-bin busybox-static zstd "php$php-cli" "php$php-opcache" "php$php-xdebug"
}

# locked NAME COMMAND...: runs it under a lock of that name.
locked() {
	local lock=$matrix_cache/lock/$1
	shift
	{
		flock 9
		"$@"
	} 9> "$lock"
}

# private_apt SUITE ARCHITECTURE: makes apt-get work for these, in a folder of its own and with nothing installed. It
# uses this machine's mirror and its settings for downloads.
private_apt() {
	local suite=$1 architecture=$2 dir=$kernels/apt/$1-$2 debian security
	debian=$(mirror Debian)
	security=$(mirror Debian-Security)
	[ -n "$debian" ] || not_fetched "this machine's apt has no Debian archive"
	mkdir -p "$dir/nothing" "$dir/lists/partial" "$dir/cache/archives/partial"
	: > "$dir/status"
	echo "deb [signed-by=$keyring] $debian $suite main" > "$dir/sources.list"
	# bullseye does not change any more.
	if [ "$suite" != sid ] && [ "$suite" != bullseye ]; then
		echo "deb [signed-by=$keyring] $debian $suite-updates main" >> "$dir/sources.list"
		[ -z "$security" ] || echo "deb [signed-by=$keyring] $security $suite-security main" >> "$dir/sources.list"
	fi
	cat > "$dir/apt.conf" <<-END
		$(apt-config dump | grep '^Acquire::' | grep -v '^Acquire::IndexTargets')
		Dir::Etc::Parts "$dir/nothing";
		Dir::Etc::SourceList "$dir/sources.list";
		Dir::Etc::SourceParts "-";
		Dir::Etc::Preferences "$dir/none";
		Dir::Etc::PreferencesParts "$dir/nothing";
		Dir::State::Lists "$dir/lists";
		Dir::State::status "$dir/status";
		Dir::State::extended_states "$dir/extended_states";
		Dir::Cache "$dir/cache";
		APT::Architecture "$architecture";
		APT::Architectures { "$architecture"; };
		APT::Sandbox::User "root";
		APT::Install-Recommends "false";
		Acquire::Check-Valid-Until "false";
		Acquire::Languages "none";
	END
	export APT_CONFIG=$dir/apt.conf
	apt-get -qq update >> "$log" 2>&1 && return
	say "$name: $suite for $architecture without its updates, which cannot be fetched"
	sed -i 1q "$dir/sources.list"
	apt-get -qq update >> "$log" 2>&1 ||
		not_fetched "the package index of $suite for $architecture: $(tail -n 1 "$log")"
}

# fetch FOLDER PACKAGE...: their .deb files.
fetch() {
	local folder=$1
	shift
	mkdir -p "$folder"
	(cd "$folder" && apt-get -q download "$@" >> "$log" 2>&1) || not_fetched "$*, see $log"
}

# unpack FOLDER DEB...
unpack() {
	local folder=$1 deb
	shift
	for deb; do
		dpkg-deb --fsys-tarfile "$deb" | tar -x -C "$folder" --keep-directory-symlink --no-same-owner
	done
}

# ---- the userland

# prepare_userland ARCHITECTURE: userland-ARCHITECTURE.img, and in headers-ARCHITECTURE what it takes to build for it:
# PHP's headers; in its folder zstd libzstd, as tests/c/run expects it.
prepare_userland() (
	local architecture=$1 suite php recipe packages tree=$kernels/userland-$1
	suite=$(userland_suite)
	case $suite in
		bookworm) php=8.2 ;;
		trixie) php=8.4 ;;
		*) die "Debian $suite is not known here" ;;
	esac
	packages=$(userland_packages "$php")
	recipe="$suite $packages $(declare -f prepare_userland userland_tree disk | cksum)"
	! stamped "$tree.recipe" "$recipe" || return 0
	say "$name: the userland for $architecture"
	rm -rf "$tree"* "$kernels/headers-$architecture"
	private_apt "$suite" "$architecture"
	# shellcheck disable=SC2086 # a list
	apt-get -q -y -d install $packages >> "$log" 2>&1 || not_fetched "packages of $suite for $architecture, see $log"
	fetch "$tree.deb" "php$php-dev" libzstd-dev libzstd1
	mkdir -p "$kernels/headers-$architecture/zstd"
	unpack "$kernels/headers-$architecture" "$tree.deb"/*.deb
	ln -s ../usr/include "$kernels/headers-$architecture/zstd/include"
	(cd "$kernels/headers-$architecture/zstd" && ln -s ../usr/lib/*-linux-gnu* lib)
	userland_tree "$tree" "$architecture" "$php" "$kernels/apt/$suite-$architecture/cache/archives"/*.deb
	cp "$tree/bin/busybox" "$tree.busybox"
	disk "$tree.img" "$tree" 6G
	rm -rf "$tree" "$tree.deb" "$kernels/apt/$suite-$architecture/cache"
	echo "$recipe" > "$tree.recipe"
)

userland_tree() {
	local tree=$1 architecture=$2 php=$3 part
	shift 3
	mkdir -p "$tree"/usr/{bin,sbin,lib} "$tree"/{dev,proc,sys,run,root,rdump,etc} "$tree/tmp" "$tree/var/tmp"
	chmod 1777 "$tree/tmp" "$tree/var/tmp"
	for part in bin sbin lib; do
		ln -s "usr/$part" "$tree/$part"
	done
	if [ "$architecture" != arm64 ]; then
		mkdir "$tree/usr/lib64"
		ln -s usr/lib64 "$tree/lib64"
	fi
	unpack "$tree" "$@"
	# The packages' scripts would do this.
	ln -sf dash "$tree/bin/sh"
	ln -sf gawk "$tree/bin/awk"
	ln -sf "php$php" "$tree/bin/php"
	ln -sf /proc/mounts "$tree/etc/mtab"
	printf '%s\n' root:x:0:0:root:/root:/bin/bash nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin \
		> "$tree/etc/passwd"
	printf '%s\n' root:x:0: nogroup:x:65534: > "$tree/etc/group"
	echo '127.0.0.1 localhost guest' > "$tree/etc/hosts"
}

# disk IMAGE FOLDER SIZE: a file system with what is in the folder. The image is sparse.
disk() {
	truncate -s "$3" "$1.new"
	mke2fs -q -t ext4 -O '^metadata_csum,^64bit,^has_journal' -E root_owner=0:0 -d "$2" "$1.new" >> "$log" 2>&1 ||
		die "mke2fs, see $log"
	mv "$1.new" "$1"
}

# ---- the kernel

# prepare_kernel NAME ARCHITECTURE SUITE PACKAGE: NAME/vmlinuz and NAME/initramfs, which mounts the two disks.
prepare_kernel() (
	local name=$1 architecture=$2 suite=$3 package=$4 recipe tree=$kernels/$1.tree out=$kernels/$1 version packages
	recipe="$suite $package $({ declare -f prepare_kernel initramfs && cat "$matrix_dir/kernels.d/init"; } | cksum)"
	! stamped "$out/recipe" "$recipe" || return 0
	say "$name: the kernel"
	rm -rf "$out" "$tree"
	mkdir -p "$out" "$tree/root/usr/lib" "$tree/root/boot"
	ln -s usr/lib "$tree/root/lib"
	private_apt "$suite" "$architecture"
	packages=$(kernel_packages "$package") || not_fetched "$package of $suite: its index has no such kernel"
	# shellcheck disable=SC2086 # a list
	fetch "$tree/deb" $packages
	unpack "$tree/root" "$tree"/deb/*.deb
	version=$(basename "$(echo "$tree"/root/usr/lib/modules/*)")
	# Up to trixie in /boot, later beside the modules.
	find "$tree/root/boot" "$tree/root/usr/lib/modules/$version" -maxdepth 1 -name 'vmlinu[xz]*' \
		-exec cp {} "$out/vmlinuz" \;
	initramfs "$tree" "$version" "$kernels/userland-$architecture.busybox" > "$out/initramfs"
	rm -rf "$tree" "$kernels/apt/$suite-$architecture/cache"
	echo "$version" > "$out/version"
	echo "$recipe" > "$out/recipe"
)

# kernel_packages PACKAGE: the packages with the kernel and its modules, which PACKAGE, the newest one's name, depends
# on.
kernel_packages() {
	apt-cache depends --recurse --important "$1" |
		grep -E '^linux-(image|binary|modules|base)-[0-9]' | sort -u
}

# initramfs TREE VERSION BUSYBOX
initramfs() {
	local tree=$1 version=$2 module number=10
	mkdir -p "$tree"/initramfs/{bin,dev,proc,root,modules}
	cp "$3" "$tree/initramfs/bin/busybox"
	cp "$matrix_dir/kernels.d/init" "$tree/initramfs/init"
	chmod 755 "$tree/initramfs/init"
	depmod -b "$tree/root" "$version" >> "$log" 2>&1
	# In the order in which they need each other. A line that begins with "builtin" is nothing to load.
	for module in $(modprobe -d "$tree/root" -S "$version" -D -a virtio_pci virtio_blk ext4 |
		awk '$1 == "insmod" && !seen[$2]++ { print $2 }'); do
		number=$((number + 1))
		case $module in
			*.xz) xz -dc "$module" ;;
			*.zst) zstd -qdc "$module" ;;
			*.gz) gzip -dc "$module" ;;
			*) cat "$module" ;;
		esac > "$tree/initramfs/modules/$number.ko"
	done
	(cd "$tree/initramfs" && find . | cpio -o -H newc -R 0:0 --quiet) | gzip -1
}

# ---- the project

# build_project FOLDER ARCHITECTURE CROSS: the extension, the C tests, and the program that prints PHP's offsets.
build_project() {
	local tree=$1 zstd=$kernels/headers-$2/zstd headers include flags=
	headers=$(echo "$kernels/headers-$2"/usr/include/php/*)
	for include in "" /main /TSRM /Zend /ext /ext/date/lib; do
		flags+=" -isystem $headers$include"
	done
	# As config.m4 has it.
	# shellcheck disable=SC2086 # several flags
	"$3gcc" -shared -fPIC -O2 -g -Wall -Wextra -Werror -D_GNU_SOURCE -DCOMPILE_DL_RDUMP=1 -Wl,-z,now \
		-fvisibility=hidden -DZEND_ENABLE_STATIC_TSRMLS_CACHE=1 -DRDUMP_WITH_ZSTD=1 $flags -isystem "$zstd/include" \
		-I"$root" "$root"/rdump*.c -o "$tree/so/modules/rdump.so" -L"$zstd/lib" -lzstd -lpthread &&
		"$3gcc" $flags -o "$tree/so/offsets" "$root/scripts/inspect.d/offsets.c" &&
		ZSTD=$zstd "$root/tests/c/run" --build "$tree/c" "$3gcc"
}

# project_disk IMAGE ARCHITECTURE CROSS: the sources and tests, and what is built of them for that architecture.
project_disk() {
	local image=$1 architecture=$2 cross=$3 tree=$work/project
	say "$name: builds for $architecture"
	mkdir -p "$tree/source" "$tree/so/modules"
	tar -C "$root" --exclude=./build --exclude=./.git -cf - . | tar -C "$tree/source" -xf - --no-same-owner
	# phpize leaves it beside the build.
	cp "$kernels/headers-$architecture"/usr/lib/php/*/build/run-tests.php "$tree/so/"
	if ! build_project "$tree" "$architecture" "$cross" > "$work/build.log" 2>&1; then
		cat "$work/build.log" >&2
		echo "not ok - $name: builds: $(grep -m 1 -E 'error|warning' "$work/build.log" || tail -n 1 "$work/build.log")"
		exit 0
	fi
	disk "$image" "$tree" 1G
}
