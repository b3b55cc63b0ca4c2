/*
 * The harness of the C tests. A program is a list of cases. Each case runs in its own child process, with an empty
 * folder as its working directory: a crash, a limit or a mount does not affect other cases.
 */
#ifndef CHECK_H
#define CHECK_H

#ifndef _GNU_SOURCE
# define _GNU_SOURCE
#endif
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Runs a case and prints its line: "ok - ", "not ok - " or "skip - ", with $CHECK_PREFIX before the name. */
void check(const char *name, void (*body)(void));

/* If `holds` is false, ends the case as failed. Works in child processes and threads of a case too. */
void expect(bool holds, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Ends the case as skipped: it cannot run here. */
void skip(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

/* Adds a text in brackets to the line of a case that passes. */
void note(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Does the program run with sanitizers or valgrind? Their memory breaks some checks. $CHECK_INSTRUMENTED. */
bool check_instrumented(void);

/* Does the program run in an emulator, with its kernel interface? $CHECK_EMULATED. */
bool check_emulated(void);

/* Does the program run in a guest of scripts/matrix/kernels, or on a machine as slow? By $RDUMP_PATIENCE. */
bool check_in_guest(void);

/* Seconds to wait for something: so many times as many as $RDUMP_PATIENCE says, on a slow machine. */
unsigned check_patience(unsigned seconds);

/* Forks. The child runs `body`, and exits with 0 if that returns. */
pid_t start_child(void (*body)(void *), void *argument);

/* Waits for the child. If the child has failed, the case fails. */
void end_child(pid_t child);

/* Waits until `*flag` is not 0; the case fails where that takes a minute of patience. */
void await(const int *flag);

/* The entries of a folder without "." and "..", sorted, one per line, with size and mode. In a static buffer. */
const char *list_folder(const char *folder);

/* Writes a file, 0644. */
void put_file(const char *path, const void *bytes, size_t length);

/* Is the content of the file exactly this? */
bool file_is(const char *path, const void *bytes, size_t length);

/* How many descriptors this process has open, and how many mappings. */
int count_descriptors(void);
int count_mappings(void);

#endif
