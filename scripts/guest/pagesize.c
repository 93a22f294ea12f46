// SPDX-License-Identifier: GPL-2.0-only
/* Print the page size: busybox has no getconf. */
#include <stdio.h>
#include <unistd.h>

int main(void)
{
	return printf("%ld\n", sysconf(_SC_PAGESIZE)) < 0;
}
