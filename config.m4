dnl rdump: writes a snapshot of the PHP process's own memory to a file.

PHP_ARG_ENABLE([rdump],
  [whether to enable rdump],
  [AS_HELP_STRING([--enable-rdump],
    [Enable memory dumps of the running process])],
  [no])

if test "$PHP_RDUMP" != "no"; then
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

  PHP_NEW_EXTENSION([rdump],
    m4_normalize([
      rdump.c
      rdump_ini.c
      rdump_oom.c
      rdump_oom_early.c
      rdump_errors.c
      rdump_errors_php7.c
      rdump_auto.c
      rdump_log.c
      rdump_target.c
      rdump_request.c
      rdump_writer.c
      rdump_copy.c
      rdump_pages.c
      rdump_maps.c
      rdump_file.c
      rdump_folder.c
      rdump_scratch.c
      rdump_text.c
      rdump_slots.c
      rdump_counters.c
    ]),
    [$ext_shared],,
    [-DZEND_ENABLE_STATIC_TSRMLS_CACHE=1 -fvisibility=hidden])

  dnl The linker looks up every function when PHP starts: in the middle of a dump it would need 3 KB of the stack.
  RDUMP_SHARED_LIBADD="-Wl,-z,now"
  PHP_SUBST([RDUMP_SHARED_LIBADD])
fi
