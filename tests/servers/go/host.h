/* What the host in Go calls of PHP. */
#include <stddef.h>

/* Starts PHP with this php.ini. Returns 0, or -1. */
int host_start(char *ini);

/* Ends PHP, in the thread that has started it. */
void host_stop(void);

/* A thread that is to run requests calls the first before them and the second after them. */
void host_begin_thread(void);
void host_end_thread(void);

/* Runs a script. Its output is in `answer`, cut at `size` bytes. Returns the length. */
size_t host_run(char *script, char *query, char *answer, size_t size);
