/* Lines that wait for the log. */
#include "check.h"
#include "shim.h"
#include "../../rdump_queue.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static char line[RDUMP_QUEUE_LINE];

static void unused(void)
{
	shim.processes_asked = 0;
	expect(!rdump_queue_has_lines() && !rdump_queue_take(line), "an empty queue");
	expect(shim.processes_asked == 0, "%d system calls", shim.processes_asked);
	rdump_queue_put("one");
	expect(rdump_queue_take(line), "no line");
	shim.processes_asked = 0;
	expect(!rdump_queue_has_lines() && !rdump_queue_take(line), "an empty queue");
	expect(shim.processes_asked == 2, "%d system calls", shim.processes_asked);
}

static void in_order(void)
{
	expect(!rdump_queue_has_lines() && !rdump_queue_take(line), "an empty queue");
	rdump_queue_put("one");
	rdump_queue_put("two");
	expect(rdump_queue_take(line) && !strcmp(line, "one"), "%s", line);
	rdump_queue_put("three"); /* in the first place, which is free again */
	expect(rdump_queue_has_lines(), "two lines");
	expect(rdump_queue_take(line) && !strcmp(line, "two"), "%s", line);
	expect(rdump_queue_take(line) && !strcmp(line, "three"), "%s", line);
	expect(!rdump_queue_has_lines() && !rdump_queue_take(line), "an empty queue");
}

static void too_many(void)
{
	static char text[2 * RDUMP_QUEUE_LINE];

	memset(text, 'x', sizeof(text) - 1);
	rdump_queue_put(text);
	for (int i = 1; i < RDUMP_QUEUE_LENGTH + 3; i++) {
		rdump_queue_put("another");
	}
	expect(rdump_queue_take(line) && strlen(line) == RDUMP_QUEUE_LINE - 1, "a long line has %zu bytes", strlen(line));
	for (int i = 1; i < RDUMP_QUEUE_LENGTH; i++) {
		expect(rdump_queue_take(line) && !strcmp(line, "another"), "%s", line);
	}
	expect(rdump_queue_take(line) && strstr(line, " 3 more lines are lost"), "%s", line);
	expect(!rdump_queue_has_lines() && !rdump_queue_take(line), "an empty queue");
}

static void in_child(void *unused)
{
	(void) unused;
	expect(!rdump_queue_take(line), "a child took %s", line);
	for (int i = 0; i < RDUMP_QUEUE_LENGTH; i++) {
		rdump_queue_put("of the child");
	}
	for (int i = 0; i < RDUMP_QUEUE_LENGTH; i++) {
		expect(rdump_queue_take(line) && !strcmp(line, "of the child"), "line %d of the child is %s", i, line);
	}
}

static void after_fork(void)
{
	rdump_queue_put("of the parent");
	end_child(start_child(in_child, NULL));
	expect(rdump_queue_take(line) && !strcmp(line, "of the parent"), "the parent's line is %s", line);
}

#define PUTTERS 4
#define LINES 20000

static int lines = LINES; /* that each of them puts */
static int putters_left = PUTTERS;
static bool seen[PUTTERS * LINES];

static void *put_lines(void *argument)
{
	int first = (int) (size_t) argument * lines;
	char text[32];

	for (int i = first; i < first + lines; i++) {
		(void) snprintf(text, sizeof(text), "line %d", i);
		rdump_queue_put(text);
	}
	(void) __atomic_fetch_sub(&putters_left, 1, __ATOMIC_SEQ_CST);
	return NULL;
}

static pthread_t taker;
static int raised, handled;

static void on_signal(int signal)
{
	(void) signal;
	rdump_queue_put("of a handler");
	(void) __atomic_fetch_add(&handled, 1, __ATOMIC_SEQ_CST);
}

/* Interrupts the one who takes. One signal at a time: on a slow machine the handler would take all of its time. */
static void *interrupt(void *unused)
{
	while (__atomic_load_n(&putters_left, __ATOMIC_SEQ_CST) > 0) {
		if (raised == __atomic_load_n(&handled, __ATOMIC_SEQ_CST)) {
			expect(pthread_kill(taker, SIGRTMIN) == 0, "pthread_kill");
			raised++;
		}
		usleep(50);
	}
	return unused;
}

/* Takes what there is. Returns how many lines were put. */
static int take_lines(int *from_handler)
{
	int number, count = 0, lost;

	while (rdump_queue_take(line)) {
		if (sscanf(line, "line %d", &number) == 1) {
			expect(number >= 0 && number < PUTTERS * lines && !seen[number], "line %d a second time", number);
			seen[number] = true;
			count++;
		} else if (sscanf(line, "rdump: %d more", &lost) == 1) {
			count += lost;
		} else {
			expect(!strcmp(line, "of a handler"), "%s", line);
			(*from_handler)++;
			count++;
		}
	}
	return count;
}

/* Every line is taken once, or counted, while handlers interrupt the one who takes. */
static void from_all_sides(void)
{
	struct sigaction action;
	pthread_t putter[PUTTERS], interrupter;
	int count = 0, from_handler = 0;

	if (check_in_guest()) {
		lines /= 10; /* in a guest, which has one processor */
	}
	memset(&action, 0, sizeof(action));
	action.sa_handler = on_signal;
	expect(sigaction(SIGRTMIN, &action, NULL) == 0, "sigaction");
	taker = pthread_self();
	expect(pthread_create(&interrupter, NULL, interrupt, NULL) == 0, "pthread_create");
	for (size_t i = 0; i < PUTTERS; i++) {
		expect(pthread_create(&putter[i], NULL, put_lines, (void *) i) == 0, "pthread_create");
	}
	while (__atomic_load_n(&putters_left, __ATOMIC_SEQ_CST) > 0) {
		count += take_lines(&from_handler);
	}
	for (int i = 0; i < PUTTERS; i++) {
		(void) pthread_join(putter[i], NULL);
	}
	(void) pthread_join(interrupter, NULL);
	count += take_lines(&from_handler);
	expect(count == PUTTERS * lines + raised, "%d lines of %d", count, PUTTERS * lines + raised);
	note("%d taken of a handler's %d", from_handler, raised);
}

int main(void)
{
	check("an unused queue makes no system call, and one that was used few", unused);
	check("lines wait in their order", in_order);
	check("lines that have no place are counted, a long one is cut", too_many);
	check("a child after fork(2) leaves the parent's lines alone", after_fork);
	check("lines from threads and handlers are taken once", from_all_sides);
	return 0;
}
