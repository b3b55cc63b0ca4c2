<?php

/** @generate-function-entries */

/**
 * Writes a dump of this process's memory to a file, for the analyser reli.
 *
 * May be called anywhere PHP code runs: in a signal handler, a shutdown function, a destructor, an error handler, a
 * fiber, a generator. The file is created with mode 0600, whatever the umask, under a temporary name in the same folder
 * (".rdump-*.part") and renamed when it is complete: a dump that fails leaves no file, and an earlier one as it was. It
 * holds whatever the process holds in memory, passwords and keys included.
 *
 * @param string $path Where to. An existing regular file is replaced; a symbolic link, folder, FIFO, socket or device
 *                     is refused. A relative path is relative to the script's working directory. open_basedir is
 *                     observed. No placeholders.
 * @param bool $full   True embeds every readable mapping, read-only files too, so that the dump can be analysed on a
 *                     host without this one's binaries. False leaves out what can be read back, unchanged, from the
 *                     files on disk.
 *
 * @return bool True once the dump is complete. False on failure, with an E_WARNING that says which step failed, on
 *              which path and why: "rdump_dump(): cannot write /tmp/app.rdump: No space left on device".
 */
function rdump_dump(string $path, bool $full = false): bool {}

/**
 * Writes a dump of this process's memory, as it is at this moment, in the background.
 *
 * A copy-on-write copy of the process writes it: a child process that nothing else in PHP sees. The call returns as
 * soon as the copy is made and the room for the file is reserved, which takes milliseconds; what the script does then
 * is not in the dump. The file appears at $path once it is complete. A failure after the return leaves an earlier file
 * as it was, and is a line in PHP's error log. The process waits for the copy when it ends, php-fpm's workers too.
 * Where the system refuses the copy (a limit of processes or of memory), the dump is written before the call returns,
 * and a line in the log says so. Everything else is as with rdump_dump().
 *
 * @param string $path Where to, as in rdump_dump().
 * @param bool $full   As in rdump_dump().
 *
 * @return bool True once the memory is captured. False on failure until then, with an E_WARNING that says which step
 *              failed, on which path and why.
 */
function rdump_snapshot(string $path, bool $full = false): bool {}

/**
 * Sets where the automatic dump of this request goes, ahead of rdump.oom_dump, until the request ends.
 *
 * The automatic dump is written when memory_limit is exhausted, as far as its guards (rdump.oom_dump_max,
 * rdump.oom_dump_min_interval, rdump.oom_dump_max_total) permit.
 *
 * @param string|null $path A template: %p is the process id, %i the thread id, %t the Unix time, %% a percent sign, all
 *                          as of the moment of the dump. A relative one is relative to the working directory at this
 *                          call. An empty string turns the automatic dump off for this request; null drops what an
 *                          earlier call set. open_basedir is observed.
 * @param bool $full        As in rdump_dump(), for that dump.
 *
 * @return bool True, or false with an E_WARNING where the path cannot be kept; then what was in force stays in force.
 */
function rdump_set_oom_dump(?string $path, bool $full = false): bool {}
