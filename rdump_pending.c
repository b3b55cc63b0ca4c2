/* Lines that wait for a safe point. See rdump_pending.h. */
#ifdef HAVE_CONFIG_H
# include "config.h"
#endif

#include "rdump_pending.h"

#include "rdump_log.h"
#include "rdump_queue.h"

#include "zend_alloc_sizes.h"

void rdump_pending_put(const char *line)
{
	if (*line) {
		rdump_queue_put(line);
	}
}

/*
 * A line stays in `pending_line` until it is written: if PHP bails out while it writes (its memory limit), the end of
 * the request writes it.
 */
static void write_lines(void (*write_line)(const char *line))
{
	char *line = RDUMP_G(pending_line);

	while (*line || rdump_queue_take(line)) {
		write_line(line);
		*line = '\0';
	}
}

void rdump_pending_write(void)
{
	write_lines(rdump_log);
}

void rdump_pending_write_at_end(void)
{
	write_lines(rdump_log_without_heap);
}

#if PHP_VERSION_ID >= 70100
static void (*previous_interrupt)(zend_execute_data *execute_data);

/* PHP needs some KB of the stack to write a line. A fiber may have less: then the line waits on. */
static bool is_on_small_stack(void)
{
# if PHP_VERSION_ID >= 80100
	return EG(active_fiber) && EG(fiber_stack_size) > 0 && EG(fiber_stack_size) < 131072;
# else
	return false;
# endif
}

/* PHP's own log would end the script there: it allocates memory. So little is left that a chunk may not be had. */
static bool is_near_limit(void)
{
	return PG(memory_limit) > 0 && zend_memory_usage(1) + ZEND_MM_CHUNK_SIZE > (size_t) PG(memory_limit);
}

static void on_interrupt(zend_execute_data *execute_data)
{
	if (rdump_queue_has_lines() && !is_on_small_stack()) {
		write_lines(is_near_limit() ? rdump_log_without_heap : rdump_log);
	}
	if (previous_interrupt) {
		previous_interrupt(execute_data);
	}
}
#endif

void rdump_pending_hurry(void)
{
#if PHP_VERSION_ID >= 70100
	/* One byte in each version: from 8.2 on it is an atomic bool. */
	__atomic_store_n((unsigned char *) &EG(vm_interrupt), 1, __ATOMIC_RELEASE);
#endif
}

void rdump_pending_startup(void)
{
#if PHP_VERSION_ID >= 70100
	previous_interrupt = zend_interrupt_function;
	zend_interrupt_function = on_interrupt;
#endif
}

void rdump_pending_shutdown(void)
{
	/* PHP's own log takes memory, and under ZTS the working directory of the thread: both are gone by now. */
	rdump_pending_write_at_end();
#if PHP_VERSION_ID >= 70100
	if (zend_interrupt_function == on_interrupt) {
		zend_interrupt_function = previous_interrupt;
	}
#endif
}
