/* The values of directives. See rdump_parse.h. */
#include "rdump_parse.h"

#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

/* ---- numbers ----------------------------------------------------------------------------------------------------- */

static const char *pass_digits(const char *text, uint64_t *value, bool *overflow)
{
	for (*value = 0; *text >= '0' && *text <= '9'; text++) {
		uint64_t digit = (uint64_t) (*text - '0');
		if (*value > (UINT64_MAX - digit) / 10) {
			*overflow = true;
			return text;
		}
		*value = *value * 10 + digit;
	}
	return text;
}

static const char *pass_blanks(const char *text)
{
	return text + strspn(text, " \t");
}

bool rdump_parse_count(const char *text, uint64_t *count)
{
	bool overflow = false;
	uint64_t value;
	const char *digits = pass_blanks(text), *end = pass_digits(digits, &value, &overflow);

	/* PHP's own integers, and time_t, are signed */
	if (end == digits || *pass_blanks(end) || overflow || value > INT64_MAX) {
		return false;
	}
	*count = value;
	return true;
}

/* By hand, because strtod() reads the decimal point of the locale. */
bool rdump_parse_size(const char *text, uint64_t *bytes)
{
	static const char units[] = "KMGT";
	const char *digits = pass_blanks(text), *at, *unit;
	uint64_t whole, scale = 1;
	double fraction = 0, weight = 0.1;
	bool overflow = false;

	at = pass_digits(digits, &whole, &overflow);
	if (at == digits || overflow) {
		return false;
	}
	if (*at == '.') {
		const char *decimals = ++at;
		for (; *at >= '0' && *at <= '9'; at++, weight /= 10) {
			fraction += (*at - '0') * weight;
		}
		if (at == decimals) {
			return false;
		}
	}
	unit = *at ? strchr(units, *at & ~('a' - 'A')) : NULL;
	if (unit && *unit) {
		scale = (uint64_t) 1 << (10 * (unit - units + 1));
		at++;
	}
	if (*pass_blanks(at) || (fraction > 0 && scale == 1) || whole > (uint64_t) INT64_MAX / scale - 1) {
		return false;
	}
	*bytes = whole * scale + (uint64_t) (fraction * (double) scale);
	return true;
}

/* In hundredths of a percent. */
static bool parse_percent(const char *text, uint32_t *share)
{
	const char *digits = pass_blanks(text), *at;
	uint64_t whole, hundredths = 0;
	bool overflow = false;

	at = pass_digits(digits, &whole, &overflow);
	if (at == digits || overflow || whole > 100) {
		return false;
	}
	if (*at == '.') {
		const char *decimals = at + 1;
		at = pass_digits(decimals, &hundredths, &overflow);
		if (at == decimals || at - decimals > 2) {
			return false;
		}
		hundredths *= at - decimals == 1 ? 10 : 1;
	}
	at = pass_blanks(at);
	if (*at != '%' || *pass_blanks(at + 1) || whole * 100 + hundredths > 10000) {
		return false;
	}
	*share = (uint32_t) (whole * 100 + hundredths);
	return true;
}

bool rdump_parse_amount(const char *text, struct rdump_amount *amount)
{
	uint64_t bytes = 0;
	uint32_t share = 0;

	if (!parse_percent(text, &share) && !rdump_parse_size(text, &bytes)) {
		return false;
	}
	amount->bytes = bytes;
	amount->share = share;
	return true;
}

/* ---- words ------------------------------------------------------------------------------------------------------- */

bool rdump_parse_bool(const char *text, bool *value)
{
	static const char *const on[] = {"1", "on", "yes", "true"}, *const off[] = {"", "0", "off", "no", "false", "none"};

	for (size_t i = 0; i < sizeof(on) / sizeof(*on); i++) {
		if (!strcasecmp(text, on[i])) {
			*value = true;
			return true;
		}
	}
	for (size_t i = 0; i < sizeof(off) / sizeof(*off); i++) {
		if (!strcasecmp(text, off[i])) {
			*value = false;
			return true;
		}
	}
	return false;
}

static const struct {
	char name[8];
	int number;
} signals[] = {
	{"HUP", SIGHUP}, {"INT", SIGINT}, {"QUIT", SIGQUIT}, {"ILL", SIGILL}, {"TRAP", SIGTRAP}, {"ABRT", SIGABRT},
	{"IOT", SIGABRT}, {"BUS", SIGBUS}, {"FPE", SIGFPE}, {"KILL", SIGKILL}, {"USR1", SIGUSR1}, {"SEGV", SIGSEGV},
	{"USR2", SIGUSR2}, {"PIPE", SIGPIPE}, {"ALRM", SIGALRM}, {"TERM", SIGTERM}, {"STKFLT", 16}, {"CHLD", SIGCHLD},
	{"CONT", SIGCONT}, {"STOP", SIGSTOP}, {"TSTP", SIGTSTP}, {"TTIN", SIGTTIN}, {"TTOU", SIGTTOU}, {"URG", SIGURG},
	{"XCPU", SIGXCPU}, {"XFSZ", SIGXFSZ}, {"VTALRM", SIGVTALRM}, {"PROF", SIGPROF}, {"WINCH", SIGWINCH}, {"IO", SIGIO},
	{"POLL", SIGIO}, {"PWR", SIGPWR}, {"SYS", SIGSYS}};

/* "+n" after RTMIN, "-n" after RTMAX, or nothing. */
static bool parse_distance(const char *text, char sign, int from, int *signal)
{
	uint64_t distance = 0;

	if (*text
		&& (*text != sign || text[1] < '0' || text[1] > '9' || !rdump_parse_count(text + 1, &distance)
			|| distance > (uint64_t) (SIGRTMAX - SIGRTMIN))) {
		return false;
	}
	*signal = sign == '+' ? from + (int) distance : from - (int) distance;
	return true;
}

bool rdump_parse_signal(const char *text, int *signal)
{
	uint64_t number;

	if (rdump_parse_count(text, &number)) {
		if (number < 1 || number > (uint64_t) SIGRTMAX) {
			return false;
		}
		*signal = (int) number;
		return true;
	}
	text += strncasecmp(text, "SIG", 3) ? 0 : 3;
	if (!strncasecmp(text, "RTMIN", 5)) {
		return parse_distance(text + 5, '+', SIGRTMIN, signal);
	}
	if (!strncasecmp(text, "RTMAX", 5)) {
		return parse_distance(text + 5, '-', SIGRTMAX, signal);
	}
	for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++) {
		if (!strcasecmp(text, signals[i].name)) {
			*signal = signals[i].number;
			return true;
		}
	}
	return false;
}

/* ---- who needs a signal ------------------------------------------------------------------------------------------ */

static bool is_one_of(int signal, const int *list)
{
	while (*list && *list != signal) {
		list++;
	}
	return *list != 0;
}

/*
 * php-fpm: SIGUSR1 and SIGUSR2 (logs, reload), SIGTERM, SIGINT, SIGQUIT, SIGCHLD (sapi/fpm/fpm/fpm_signals.c). Apache:
 * SIGTERM, SIGHUP, SIGUSR1, SIGWINCH, "Stopping and Restarting" in its manual. PHP: SIGPROF or SIGALRM for
 * max_execution_time (zend_set_timeout_ex() in Zend/zend_execute_API.c), and with threads SIGRTMIN from 8.3 on
 * (Zend/zend_max_execution_timer.c). The others are the kernel's: signal(7).
 */
const char *rdump_parse_signal_user(int signal, const char *sapi, bool threads)
{
	static const int faults[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGABRT, SIGSYS, 0};
	static const int ends[] = {SIGTERM, SIGINT, SIGQUIT, SIGHUP, 0};
	static const int timers[] = {SIGPROF, SIGALRM, SIGVTALRM, 0};
	static const int kernel[]
		= {SIGCHLD, SIGCONT, SIGTSTP, SIGTTIN, SIGTTOU, SIGPIPE, SIGIO, SIGURG, SIGXCPU, SIGXFSZ, SIGWINCH, 0};
	static const int servers[] = {SIGUSR1, SIGUSR2, 0};

	if (signal == SIGKILL || signal == SIGSTOP) {
		return "the kernel alone, no process can handle it";
	}
	if (is_one_of(signal, faults)) {
		return "faults of the process itself";
	}
	if (is_one_of(signal, ends)) {
		return "those who end or reload the process";
	}
	if (is_one_of(signal, timers) || (threads && signal == SIGRTMIN)) {
		return "timers, max_execution_time among them";
	}
	if (is_one_of(signal, kernel)) {
		return "the kernel, which sends it for reasons of its own";
	}
	if (signal > SIGSYS && signal < SIGRTMIN) {
		return "the C library itself";
	}
	if (signal == SIGSTKFLT) {
		return "rdump's own thread that watches the memory";
	}
	if (is_one_of(signal, servers) && (!strcmp(sapi, "fpm-fcgi") || !strcmp(sapi, "apache2handler"))) {
		return "the web server";
	}
	return NULL;
}
