// SPDX-License-Identifier: Apache-2.0

/* open-loop PATH COUNT [PAUSE]: opens (and closes) PATH so often, as fast as it can, or with a
 * pause of so many microseconds after each hundred. Prints nanoseconds per call. */

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    struct timespec start, end;
    useconds_t pause = 0;
    long count;

    if (argc < 3)
        return 2;
    count = atol(argv[2]);
    if (argc > 3)
        pause = (useconds_t)atol(argv[3]);
    clock_gettime(CLOCK_MONOTONIC, &start);
    for (long i = 0; i < count; i++) {
        int fd = open(argv[1], O_RDONLY | O_CLOEXEC);

        if (fd < 0)
            return 1;
        close(fd);
        if (pause > 0 && i % 100 == 99)
            usleep(pause);
    }
    clock_gettime(CLOCK_MONOTONIC, &end);
    printf("%.1f\n",
           ((double)(end.tv_sec - start.tv_sec) * 1e9 + (double)(end.tv_nsec - start.tv_nsec)) /
               (double)count);
    return 0;
}
