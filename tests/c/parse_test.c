/* The values of directives. */
#include "check.h"
#include "../../rdump_parse.h"

#include <signal.h>
#include <string.h>

static void numbers(void)
{
	uint64_t value = 7;

	expect(rdump_parse_count(" 42 ", &value) && value == 42, "42");
	expect(rdump_parse_count("9223372036854775807", &value) && value == INT64_MAX, "the largest");
	value = 7;
	expect(!rdump_parse_count("9223372036854775808", &value) && value == 7, "one more, and the value is kept");
	expect(!rdump_parse_count("4x", &value) && !rdump_parse_count("", &value), "nonsense");
	expect(rdump_parse_size("1.5K", &value) && value == 1536, "1.5K");
	expect(rdump_parse_size("2t", &value) && value == (uint64_t) 2 << 40, "2t");
	expect(!rdump_parse_size("1.5", &value) && !rdump_parse_size("1KB", &value), "half a byte, KB");
}

static void amounts(void)
{
	static const struct {
		const char *text;
		uint64_t bytes;
		uint32_t share;
	} good[] = {{"400M", (uint64_t) 400 << 20, 0}, {"90%", 0, 9000}, {"12.5%", 0, 1250}, {"0.01%", 0, 1},
		{" 100 % ", 0, 10000}, {"99.99%", 0, 9999}, {"0%", 0, 0}, {"0", 0, 0}, {"7.05%", 0, 705}};
	static const char *const bad[]
		= {"", "%", "101%", "100.01%", "1.234%", "1.%", "-1%", ".5%", "5%%", "5%M", "1e1%", "18446744073709551617%"};
	struct rdump_amount amount;

	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
		expect(rdump_parse_amount(good[i].text, &amount), "%s", good[i].text);
		expect(amount.bytes == good[i].bytes && amount.share == good[i].share, "%s is %llu bytes, or %u", good[i].text,
			(unsigned long long) amount.bytes, amount.share);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		expect(!rdump_parse_amount(bad[i], &amount), "%s", bad[i]);
	}
}

static void signals(void)
{
	static const char *const bad[] = {"", "SIG", "0", "-1", "65", "RTMIN+", "RTMIN+31", "RTMIN-1", "RTMAX+1",
		"RTMAX-31", "RTMIN+ 1", "RTMIN 1", "USR3", "SIGSIGUSR1", "USR", "USR11"};
	int number;

	expect(rdump_parse_signal("SIGRTMIN+7", &number) && number == SIGRTMIN + 7, "SIGRTMIN+7");
	expect(rdump_parse_signal("rtmax-2", &number) && number == SIGRTMAX - 2, "rtmax-2");
	expect(rdump_parse_signal("RTMIN", &number) && number == SIGRTMIN, "RTMIN");
	expect(rdump_parse_signal("sigusr2", &number) && number == SIGUSR2, "sigusr2");
	expect(rdump_parse_signal("Stkflt", &number) && number == 16, "a name without a NUL in the table's reach");
	expect(rdump_parse_signal("VTALRM", &number) && number == SIGVTALRM, "the longest name");
	expect(rdump_parse_signal(" 41 ", &number) && number == 41, "41");
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		expect(!rdump_parse_signal(bad[i], &number), "%s", bad[i]);
	}
}

static void users(void)
{
	static const int always[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26,
		27, 28, 29, 31, 32, 33};

	for (size_t i = 0; i < sizeof(always) / sizeof(*always); i++) {
		expect(rdump_parse_signal_user(always[i], "cli", false) != NULL, "signal %d is free", always[i]);
	}
	for (int number = SIGRTMIN; number <= SIGRTMAX; number++) {
		expect(!rdump_parse_signal_user(number, "fpm-fcgi", false), "signal %d is not free", number);
	}
	expect(rdump_parse_signal_user(SIGRTMIN, "cli", true) != NULL, "SIGRTMIN with threads");
	expect(!rdump_parse_signal_user(SIGRTMIN + 1, "cli", true), "SIGRTMIN+1 with threads");
	expect(!rdump_parse_signal_user(SIGUSR1, "cli", false) && !rdump_parse_signal_user(SIGUSR2, "cli-server", false),
		"SIGUSR1 and SIGUSR2 without a server that has a use for them");
	expect(rdump_parse_signal_user(SIGUSR1, "fpm-fcgi", false) && rdump_parse_signal_user(SIGUSR2, "fpm-fcgi", false)
			&& rdump_parse_signal_user(SIGUSR1, "apache2handler", false),
		"SIGUSR1 and SIGUSR2 of servers");
}

int main(void)
{
	check("numbers and bytes in directives", numbers);
	check("bytes or percent in directives", amounts);
	check("signals in directives: names and numbers", signals);
	check("signals that somebody needs", users);
	return 0;
}
