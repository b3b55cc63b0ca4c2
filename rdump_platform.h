/*
 * What rdump needs of the machine and the compiler. Every source file includes this header before any header of the
 * system, because it switches on the GNU extensions that the system calls are declared under, feature_test_macros(7).
 */
#ifndef RDUMP_PLATFORM_H
#define RDUMP_PLATFORM_H

#ifndef _GNU_SOURCE
# define _GNU_SOURCE 1 /* as some versions of PHP have it */
#endif

#if !defined(__linux__)
# error "rdump needs Linux: it reads /proc/self/smaps and writes what the kernel says is there"
#elif !defined(__LP64__) || __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
# error "rdump needs a 64-bit little-endian machine (x86-64 or arm64): the RDUMP format is made for these"
#elif !defined(__STDC_VERSION__) || __STDC_VERSION__ < 199901L
# error "rdump needs a compiler that speaks C99 or newer"
#endif

/* For functions and variables that several files of rdump use, and nobody else in the process may. */
#define RDUMP_HIDDEN __attribute__((visibility("hidden")))

/* For a parameter that only the type of the function demands, or that one machine needs. */
#define RDUMP_UNUSED __attribute__((unused))

/* statfs(2): a file system whose files are in memory. Some C libraries do not have the kernel's own header for it. */
#define RDUMP_TMPFS_MAGIC 0x01021994
#define RDUMP_RAMFS_MAGIC 0x858458f6
#define RDUMP_NFS_MAGIC 0x6969

/* statfs(2): a file system that does not compress what fallocate(2) has found blocks for. */
#define RDUMP_BTRFS_MAGIC 0x9123683e

#endif
