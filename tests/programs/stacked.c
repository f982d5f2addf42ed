// SPDX-License-Identifier: Apache-2.0

/* For each line that it reads: stacked KEY calls prctl(MARK, 0, KEY) by a chain of functions, all
 * of which have frame pointers. That of the C library need not have one, so mark() itself may be
 * missing in the stack. By syscall(), since a sanitizer has a prctl() of its own. */

#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { MARK = 0x726d };

#define FRAME \
    __attribute__((noinline, optimize("no-omit-frame-pointer", "no-optimize-sibling-calls")))

int stacked_a(unsigned long key);
int stacked_b(unsigned long key);
int stacked_mark(unsigned long key);

FRAME int stacked_mark(unsigned long key)
{
    return (int)syscall(SYS_prctl, MARK, 0, key) + 1;
}

FRAME int stacked_b(unsigned long key)
{
    return stacked_mark(key) + 1;
}

FRAME int stacked_a(unsigned long key)
{
    return stacked_b(key) + 1;
}

FRAME int main(int argc, char **argv)
{
    unsigned long key = argc > 1 ? strtoul(argv[1], NULL, 10) : 0;
    int made = 0;

    while (getchar() == '\n')
        made += stacked_a(key);
    return made == -1;
}
