/* Reads through a null pointer: scripts/test.d/analysis makes sure that each tool says so. */
#include <stddef.h>

int main(int count, char **words)
{
	int *number = NULL;

	if (count > 2) {
		return *number;
	}
	return **words;
}
