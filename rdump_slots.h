/*
 * The slots through which a loaded ELF object calls functions of other objects.
 *
 * A program or shared library that is linked dynamically calls a function of another object, say of the C library,
 * through an address in its own memory (an entry of its global offset table, GOT), which the dynamic linker fills in:
 * elf(5), ld.so(8). Here such addresses are found and exchanged, so that the object calls another function instead.
 * Other objects have slots of their own, and go on as before.
 *
 * The three steps are rdump_slots_find(), rdump_slots_exchange(), rdump_slots_restore(), in this order. One thread at a
 * time may take them. Other threads may call through the slots at any time.
 */
#ifndef RDUMP_SLOTS_H
#define RDUMP_SLOTS_H

#include "rdump_platform.h"

#include "rdump_error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* An object has one slot for the calls of a function and perhaps others for its address. */
#define RDUMP_SLOT_PLACES 4

typedef void (*rdump_function)(void);

/* One function that an object calls, and its slots. */
struct rdump_slot {
	/* Set by the caller: */
	const char *name;    /* as the object's symbol table has it, without a version: "_exit" */
	rdump_function ours; /* what the object is to call instead; has the function's own type */
	/* Set by rdump_slots_find(): */
	rdump_function theirs; /* the function itself, also where the dynamic linker has not looked it up yet */
	unsigned count;        /* how many slots there are; 0 where the object does not call this function */
	struct {
		uintptr_t *address; /* of the slot */
		uintptr_t content;  /* what was in it */
		bool read_only;     /* its page was made read-only after relocation (PT_GNU_RELRO) */
	} place[RDUMP_SLOT_PLACES];
};

/*
 * Finds the slots of the object that contains `inside`, the address of one of its functions or variables. Changes
 * nothing. Returns 0, also where a function has no slot (slot[i].count is 0), or -1:
 *   ENOENT   no loaded object contains `inside`
 *   ENOEXEC  the object is linked statically: it has no dynamic section
 *   EBADMSG  a table of the dynamic section lies outside of the object, or is of a kind that these machines do not have
 *   ENOSYS   the dynamic linker does not find the function that an unused slot stands for
 *   E2BIG    a function has more than RDUMP_SLOT_PLACES slots
 */
RDUMP_HIDDEN int rdump_slots_find(const void *inside, struct rdump_slot *slot, size_t count, struct rdump_error *error);

/*
 * Puts `ours` into all the slots that were found, or into none. Pages that are read-only are made writable for the
 * moment of the store. Errors: those of mprotect(2); EPERM where mseal(2) or a seccomp(2) filter forbids it.
 */
RDUMP_HIDDEN int rdump_slots_exchange(const struct rdump_slot *slot, size_t count, struct rdump_error *error);

/* Do all the slots that were found hold `ours`? */
RDUMP_HIDDEN bool rdump_slots_are_ours(const struct rdump_slot *slot, size_t count);

/*
 * Puts back what was in the slots. A slot that does not hold `ours` any more stays as it is: somebody else has
 * exchanged it since. Returns 0, or -1, and then `ours` may still be called:
 *   EBUSY  somebody else has exchanged a slot since, and may call what was in it before
 *   those of mprotect(2)
 */
RDUMP_HIDDEN int rdump_slots_restore(const struct rdump_slot *slot, size_t count, struct rdump_error *error);

#endif /* RDUMP_SLOTS_H */
