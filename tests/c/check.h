/*
 * The harness of the C tests. A program is a list of cases; each runs in a child process of its own and in an empty folder of
 * its own (its working directory), so that a crash, a limit or a mount stays there.
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

/* Ends the case, failed, where `holds` is false. For child processes and threads of a case as well. */
void expect(bool holds, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Ends the case: it cannot run here. */
void skip(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

/* Adds to the case's line, in brackets, where it comes out well. */
void note(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* What the memory of an instrumented program (sanitizers, valgrind) does not allow: $CHECK_INSTRUMENTED. */
bool check_instrumented(void);

/* What runs under an emulator's kernel interface: $CHECK_EMULATED. */
bool check_emulated(void);

/* Seconds to wait for something: so many times as many as $RDUMP_PATIENCE says, on a slow machine. */
unsigned check_patience(unsigned seconds);

/* Forks; the child runs `body` and ends well where that returns. */
pid_t start_child(void (*body)(void *), void *argument);

/* Waits for it; the case fails where the child did. */
void end_child(pid_t child);

/* Waits until `*flag` is not 0; the case fails where that takes a minute of patience. */
void await(const int *flag);

/* The folder's entries, sorted, one per line, but "." and ".."; with size and mode. In a static buffer. */
const char *list_folder(const char *folder);

/* Writes a file, 0644. */
void put_file(const char *path, const void *bytes, size_t length);

/* Is the content of the file exactly this? */
bool file_is(const char *path, const void *bytes, size_t length);

/* How many descriptors this process has open, and how many mappings. */
int count_descriptors(void);
int count_mappings(void);

#endif
