// SPDX-License-Identifier: Apache-2.0

/* flood RATE TARGET: for each line "COUNT" on stdin, calls getpgid(TARGET) so often, RATE times a
 * second, and then says "done COUNT"; "ready" before the first one. COUNT 0: until the next line,
 * and the count is said then. What it was late with it makes up for. */

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { LINE_BYTES = 64 };

static long long now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static int told(void)
{
    struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};

    return poll(&input, 1, 0) != 0;
}

static unsigned long flood(unsigned long count, unsigned long rate, int target)
{
    const struct timespec pause = {.tv_nsec = 500 * 1000};
    long long start = now();
    unsigned long done = 0;
    char line[LINE_BYTES];

    for (;;) {
        unsigned long due = (unsigned long)((double)(now() - start) * 1e-9 * (double)rate);

        for (; done < due && (count == 0 || done < count); done++)
            syscall(SYS_getpgid, target);
        if (count ? done == count : told()) {
            if (count == 0 && !fgets(line, sizeof(line), stdin))
                exit(0);
            return done;
        }
        nanosleep(&pause, NULL);
    }
}

int main(int argc, char **argv)
{
    unsigned long rate = argc > 1 ? strtoul(argv[1], NULL, 10) : 1000;
    int target = argc > 2 ? atoi(argv[2]) : 0;
    char line[LINE_BYTES];

    setvbuf(stdout, NULL, _IOLBF, 0);
    setvbuf(stdin, NULL, _IONBF, 0);
    puts("ready");
    while (fgets(line, sizeof(line), stdin))
        printf("done %lu\n", flood(strtoul(line, NULL, 10), rate, target));
    return 0;
}
