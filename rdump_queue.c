/* Lines that wait for the log. See rdump_queue.h. */
#include "rdump_queue.h"

#include "rdump_format.h"

#include <string.h>
#include <unistd.h>

/*
 * A place is free, or in the hands of one who fills or empties it, or full. Its state holds the process's number as
 * well: after a fork(2) in another thread's hands a place would never become free.
 */
enum {
	FREE,
	HELD,
	FULL,
	STATES
};

struct place {
	uint64_t state;  /* process * STATES + one of the above */
	uint64_t number; /* lines are taken in this order */
	char line[RDUMP_QUEUE_LINE];
};

static struct place places[RDUMP_QUEUE_LENGTH];
static uint64_t next_number, lost;

static uint64_t state_of(unsigned state)
{
	return (uint64_t) getpid() * STATES + state;
}

static uint64_t look(const struct place *place)
{
	return __atomic_load_n(&place->state, __ATOMIC_ACQUIRE);
}

/* Is it free, or left over from before a fork? */
static bool is_free(uint64_t state)
{
	return state % STATES == FREE || state / STATES != (uint64_t) getpid();
}

static bool hold(struct place *place, uint64_t state)
{
	return __atomic_compare_exchange_n(
		&place->state, &state, state_of(HELD), false, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED);
}

static void let_go(struct place *place, unsigned state)
{
	__atomic_store_n(&place->state, state_of(state), __ATOMIC_RELEASE);
}

void rdump_queue_put(const char *line)
{
	for (size_t i = 0; i < RDUMP_QUEUE_LENGTH; i++) {
		struct place *place = &places[i];
		uint64_t state = look(place);

		if (is_free(state) && hold(place, state)) {
			(void) rdump_format(place->line, sizeof(place->line), "%s", line);
			place->number = __atomic_fetch_add(&next_number, 1, __ATOMIC_RELAXED);
			let_go(place, FULL);
			return;
		}
	}
	(void) __atomic_fetch_add(&lost, 1, __ATOMIC_RELAXED);
}

/* Every request asks whether there are lines: it must cost nothing where nobody ever puts one in. */
static bool is_unused(void)
{
	return __atomic_load_n(&next_number, __ATOMIC_ACQUIRE) == 0;
}

static struct place *find_oldest(void)
{
	struct place *oldest = NULL;
	uint64_t full = state_of(FULL);

	for (size_t i = 0; i < RDUMP_QUEUE_LENGTH; i++) {
		struct place *place = &places[i];

		if (look(place) == full && (!oldest || place->number < oldest->number)) {
			oldest = place;
		}
	}
	return oldest;
}

bool rdump_queue_has_lines(void)
{
	return !is_unused() && (find_oldest() || __atomic_load_n(&lost, __ATOMIC_RELAXED) != 0);
}

bool rdump_queue_take(char line[RDUMP_QUEUE_LINE])
{
	struct place *place;
	uint64_t count;

	if (is_unused()) {
		return false;
	}
	while ((place = find_oldest()) != NULL) {
		if (hold(place, state_of(FULL))) {
			strcpy(line, place->line);
			let_go(place, FREE);
			return true;
		}
	}
	count = __atomic_exchange_n(&lost, 0, __ATOMIC_RELAXED);
	if (count) {
		(void) rdump_format(line, RDUMP_QUEUE_LINE,
			"rdump: %llu more lines are lost: no more than %d can wait until the log can be written",
			(unsigned long long) count, RDUMP_QUEUE_LENGTH);
	}
	return count != 0;
}
