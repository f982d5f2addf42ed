// SPDX-License-Identifier: Apache-2.0

/* A program to look into: for each number on its standard input it calls a function with that
 * number, passes a USDT marker, and writes what the function returned. */

#include <stdio.h>
#include <sys/sdt.h>

__attribute__((noinline, noclone, visibility("default"))) long probed_double(long number);

long probed_double(long number)
{
    DTRACE_PROBE1(probed, number, number);
#ifdef __x86_64__
    /* compilers choose such a place where they can; never read */
    /* clang-format off */
    __asm__ volatile(STAP_PROBE_ASM(probed, indexed, 8@0(%%rdx,%%rax,8)) : :);
    /* clang-format on */
#endif
    return number * 2;
}

int main(void)
{
    long number;

    setvbuf(stdout, NULL, _IOLBF, 0);
    while (scanf("%ld", &number) == 1)
        printf("%ld\n", probed_double(number));
    return 0;
}
