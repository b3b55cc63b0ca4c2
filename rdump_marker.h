/*
 * The marker beside a dump, "<path>.done": where it is, the dump is complete. It is empty and 0600. So it is removed
 * before a dump changes anything, and created when that has its name.
 */
#ifndef RDUMP_MARKER_H
#define RDUMP_MARKER_H

#include "rdump_file.h"

#define RDUMP_MARKER_SUFFIX ".done"

/* Removes the marker of the file's target, if there is one. The file's folder must be open. */
RDUMP_HIDDEN int rdump_marker_remove(struct rdump_file *file, struct rdump_error *error);

/*
 * Creates it. One that another dump to the same target has just made will do. Errors: of open(2); ENOTSUP, EPERM and
 * the like where the file system lets others read it.
 */
RDUMP_HIDDEN int rdump_marker_create(struct rdump_file *file, struct rdump_error *error);

#endif
