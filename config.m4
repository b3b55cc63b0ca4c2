dnl rdump: writes a snapshot of the PHP process's own memory to a file.

PHP_ARG_ENABLE([rdump],
  [whether to enable rdump],
  [AS_HELP_STRING([--enable-rdump],
    [Enable memory dumps of the running process])],
  [no])

PHP_ARG_WITH([rdump-zstd],
  [whether rdump can write compressed dumps],
  [AS_HELP_STRING([--with-rdump-zstd],
    [rdump: compressed dumps, by libzstd 1.4 or later; by default where it is found])],
  [auto],
  [no])

if test "$PHP_RDUMP" != "no"; then
  AS_CASE([$PHP_RDUMP_ZSTD],
    [yes|no|auto], [],
    [AC_MSG_ERROR([--with-rdump-zstd takes no path: name the folder of another libzstd.pc with PKG_CONFIG_PATH.])])

  AS_CASE([$host_os],
    [linux*], [],
    [AC_MSG_ERROR([rdump needs Linux: it reads /proc/self/smaps and writes what the kernel says is there. This is $host_os.])])

  AC_MSG_CHECKING([whether rdump can write its format on this machine])
  AC_COMPILE_IFELSE([AC_LANG_PROGRAM([[
    #if !defined(__LP64__) || __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
    # error "not a 64-bit little-endian machine"
    #endif
  ]], [[]])],
    [AC_MSG_RESULT([yes])],
    [AC_MSG_RESULT([no])
    AC_MSG_ERROR([rdump needs a 64-bit little-endian machine (x86-64 or arm64): the RDUMP format is made for these.])])

  if test "$PHP_RDUMP_ZSTD" != "no"; then
    AC_PATH_PROG([PKG_CONFIG], [pkg-config], [no])
    AC_MSG_CHECKING([for libzstd 1.4 or later, for compressed dumps])
    rdump_zstd=no
    if test "$PKG_CONFIG" != "no" && "$PKG_CONFIG" --exists 'libzstd >= 1.4.0'; then
      rdump_zstd=`"$PKG_CONFIG" --modversion libzstd`
      rdump_zstd_cflags=`"$PKG_CONFIG" --cflags libzstd`
      rdump_zstd_libs=`"$PKG_CONFIG" --libs libzstd`
      dnl Not every shared libzstd lets others see the functions by which it works without malloc().
      rdump_cflags=$CFLAGS
      rdump_libs=$LIBS
      CFLAGS="$CFLAGS $rdump_zstd_cflags"
      LIBS="$rdump_zstd_libs $LIBS"
      AC_LINK_IFELSE([AC_LANG_PROGRAM([[
        #define ZSTD_STATIC_LINKING_ONLY
        #include <zstd.h>
      ]], [[
        static char memory[8];
        return ZSTD_initStaticCCtx(memory, sizeof(memory)) != 0 && ZSTD_estimateCStreamSize(1) == 0;
      ]])], [], [rdump_zstd=no])
      CFLAGS=$rdump_cflags
      LIBS=$rdump_libs
    fi
    AC_MSG_RESULT([$rdump_zstd])
    if test "$rdump_zstd" != "no"; then
      RDUMP_ZSTD_CFLAGS="-DRDUMP_WITH_ZSTD=1 $rdump_zstd_cflags"
      PHP_EVAL_LIBLINE([$rdump_zstd_libs], [RDUMP_SHARED_LIBADD])
    elif test "$PHP_RDUMP_ZSTD" = "yes"; then
      AC_MSG_ERROR([--with-rdump-zstd needs pkg-config and libzstd 1.4 or later with its header (Debian: pkg-config, libzstd-dev).])
    fi
  fi

  PHP_NEW_EXTENSION([rdump],
    m4_normalize([
      rdump.c
      rdump_ini.c
      rdump_oom.c
      rdump_signal.c
      rdump_watch.c
      rdump_oom_early.c
      rdump_crash.c
      rdump_errors.c
      rdump_errors_php7.c
      rdump_auto.c
      rdump_log.c
      rdump_pending.c
      rdump_target.c
      rdump_request.c
      rdump_engine.c
      rdump_snapshot.c
      rdump_child.c
      rdump_writer.c
      rdump_plan.c
      rdump_copy.c
      rdump_memory.c
      rdump_exclude.c
      rdump_behind.c
      rdump_compress.c
      rdump_pages.c
      rdump_runs.c
      rdump_maps.c
      rdump_marker.c
      rdump_file.c
      rdump_folder.c
      rdump_undisturbed.c
      rdump_scratch.c
      rdump_text.c
      rdump_slots.c
      rdump_counters.c
      rdump_handlers.c
      rdump_queue.c
      rdump_stack.c
      rdump_threads.c
      rdump_parse.c
      rdump_format.c
      rdump_error.c
      rdump_cgroup.c
      rdump_watcher.c
    ]),
    [$ext_shared],,
    [-DZEND_ENABLE_STATIC_TSRMLS_CACHE=1 -fvisibility=hidden $RDUMP_ZSTD_CFLAGS])

  dnl rdump.watch_dump has a thread. In newer C libraries that is part of the library itself.
  RDUMP_SHARED_LIBADD="$RDUMP_SHARED_LIBADD -lpthread"

  dnl The linker looks up every function when PHP starts: in the middle of a dump it would need 3 KB of the stack.
  RDUMP_SHARED_LIBADD="$RDUMP_SHARED_LIBADD -Wl,-z,now"
  PHP_SUBST([RDUMP_SHARED_LIBADD])
fi
