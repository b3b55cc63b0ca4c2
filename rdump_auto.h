/*
 * What every automatic dump shares, whatever triggers it: its path, the guards, and one line in PHP's error log for each
 * outcome, because who finds no dump must find out why.
 */
#ifndef RDUMP_AUTO_H
#define RDUMP_AUTO_H

#include "php_rdump.h"

/* An automatic dump that is wanted. */
struct rdump_trigger {
	const char *cause;             /* how the log line begins: "memory limit reached" */
	const char *template;          /* see rdump_target_expand(); relative to the script's working directory */
	bool full;                     /* every readable mapping */
	bool by_script;                /* the template is a script's, so open_basedir holds for it */
	struct rdump_counter *counter; /* of this trigger */
};

/* Writes the dump if the guards permit it, counts the attempt, and logs what became of it. */
RDUMP_HIDDEN void rdump_auto_dump(const struct rdump_trigger *trigger);

#endif
