/*
 * A process with many threads that run PHP requests, with the embed library of a thread-safe PHP.
 *   host PHP_INI FOLDER HAMMERS
 * HAMMERS threads run FOLDER/hammer.php repeatedly. One more thread maps, protects and unmaps memory. Two threads serve
 * requests from stdin, a line each: "NUMBER SCRIPT QUERY_STRING". The answer is a line "NUMBER OUTPUT". At the end of
 * stdin all threads end, and a last line says how many requests the hammers have run.
 */
#include <sapi/embed/php_embed.h>

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#define SERVERS 2

static const char *folder;
static int over;
static long hammered;
static pthread_mutex_t input = PTHREAD_MUTEX_INITIALIZER, output = PTHREAD_MUTEX_INITIALIZER;

/* The output of this thread's request so far. */
static __thread struct {
	char text[65536];
	size_t length;
} answer;

static size_t collect_output(const char *text, size_t length)
{
	size_t room = sizeof(answer.text) - answer.length;
	size_t taken = length < room ? length : room;

	memcpy(answer.text + answer.length, text, taken);
	answer.length += taken;
	return length;
}

static void run_request(const char *script, const char *query)
{
	zend_file_handle file;
	char path[4096];

	snprintf(path, sizeof(path), "%s/%s", folder, script);
	answer.length = 0;
	SG(request_info).query_string = (char *) query;
	if (php_request_startup() != SUCCESS) {
		fprintf(stderr, "a request does not start\n");
		abort();
	}
	SG(headers_sent) = 1;
	SG(request_info).no_headers = 1;
	zend_stream_init_filename(&file, path);
#if PHP_VERSION_ID >= 80100
	file.primary_script = 1;
#endif
	php_execute_script(&file);
#if PHP_VERSION_ID >= 80100
	zend_destroy_file_handle(&file);
#endif
	php_request_shutdown(NULL);
	SG(request_info).query_string = NULL;
}

/* On Linux each thread has a priority. A low one leaves the processors to the threads that dump. */
static void step_back(void)
{
	(void) setpriority(PRIO_PROCESS, (id_t) syscall(SYS_gettid), 10);
}

static void *hammer(void *unused)
{
	(void) unused;
	step_back();
	(void) ts_resource(0);
	while (!__atomic_load_n(&over, __ATOMIC_RELAXED)) {
		run_request("hammer.php", "");
		if (answer.length < 10 || memcmp(answer.text, "a:1:{s:6:\"rounds\"", 17) != 0) {
			fprintf(stderr, "hammer.php answers: %.*s\n", (int) answer.length, answer.text);
			abort();
		}
		__atomic_fetch_add(&hammered, 1, __ATOMIC_RELAXED);
	}
	ts_free_thread();
	return NULL;
}

/* Creates, changes and removes mappings between the reading of their list and the reading of their bytes. */
static void *remap(void *unused)
{
	static const size_t size = 64 * 4096;

	(void) unused;
	step_back();
	while (!__atomic_load_n(&over, __ATOMIC_RELAXED)) {
		char *memory[16];
		for (int i = 0; i < 16; i++) {
			memory[i] = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
			if (memory[i] != MAP_FAILED) {
				memset(memory[i], 'm', size / 2);
				mprotect(memory[i] + size / 4, size / 4, i % 2 ? PROT_NONE : PROT_READ);
			}
		}
		for (int i = 0; i < 16; i++) {
			if (memory[i] != MAP_FAILED) {
				munmap(memory[i], size);
			}
		}
		usleep(100);
	}
	return NULL;
}

static void *serve(void *unused)
{
	char line[8192];

	(void) unused;
	(void) ts_resource(0);
	for (;;) {
		char *got, *script, *query;

		pthread_mutex_lock(&input);
		got = fgets(line, sizeof(line), stdin);
		pthread_mutex_unlock(&input);
		if (!got) {
			break;
		}
		line[strcspn(line, "\n")] = '\0';
		script = strchr(line, ' ');
		query = script ? strchr(script + 1, ' ') : NULL;
		if (!query) {
			fprintf(stderr, "cannot read the line: %s\n", line);
			abort();
		}
		*script++ = *query++ = '\0';
		run_request(script, query);
		pthread_mutex_lock(&output);
		printf("%s %.*s\n", line, (int) answer.length, answer.text);
		fflush(stdout);
		pthread_mutex_unlock(&output);
	}
	ts_free_thread();
	return NULL;
}

typedef void *thread_function(void *);

static void start(pthread_t *thread, thread_function *function)
{
	if (pthread_create(thread, NULL, function, NULL) != 0) {
		fprintf(stderr, "no thread\n");
		exit(1);
	}
}

int main(int argc, char **argv)
{
	pthread_t thread[128];
	int hammers = argc == 4 ? atoi(argv[3]) : 0, count = 0;

	if (hammers < 1 || hammers > 100) {
		fprintf(stderr, "usage: host PHP_INI FOLDER HAMMERS\n");
		return 2;
	}
	folder = argv[2];
	php_embed_module.php_ini_path_override = argv[1];
	php_embed_module.ub_write = collect_output;
	/* The request of this thread begins here, and ends with php_embed_shutdown(). */
	if (php_embed_init(1, argv) != SUCCESS) {
		return 1;
	}
	for (int i = 0; i < SERVERS; i++) {
		start(&thread[count++], serve);
	}
	for (int i = 0; i < hammers; i++) {
		start(&thread[count++], hammer);
	}
	start(&thread[count++], remap);
	for (int i = 0; i < SERVERS; i++) {
		pthread_join(thread[i], NULL);
	}
	__atomic_store_n(&over, 1, __ATOMIC_RELAXED);
	for (int i = SERVERS; i < count; i++) {
		pthread_join(thread[i], NULL);
	}
	printf("hammered %ld\n", hammered);
	fflush(stdout);
	php_embed_shutdown();
	return 0;
}
