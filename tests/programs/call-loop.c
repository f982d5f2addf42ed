// SPDX-License-Identifier: Apache-2.0

/* call-loop COUNT: calls on_number(0), on_number(1), ... for a uprobe to see. */

#include <stdlib.h>

int on_number(int number);

/* Whatever the optimiser thinks of it, the function is there, is called, and has its argument. */
__attribute__((noinline, noclone, visibility("default"))) int on_number(int number)
{
    __asm__ volatile("" : "+r"(number));
    return number;
}

int main(int argc, char **argv)
{
    int count = argc > 1 ? atoi(argv[1]) : 1;

    for (int i = 0; i < count; i++)
        on_number(i);
    return 0;
}
