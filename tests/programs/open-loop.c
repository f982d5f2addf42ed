// SPDX-License-Identifier: Apache-2.0

/* open-loop PATH COUNT: opens (and closes) PATH so often, as fast as it can. Prints nanoseconds per
 * call. */

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    struct timespec start, end;
    long count;

    if (argc != 3)
        return 2;
    count = atol(argv[2]);
    clock_gettime(CLOCK_MONOTONIC, &start);
    for (long i = 0; i < count; i++) {
        int fd = open(argv[1], O_RDONLY | O_CLOEXEC);

        if (fd < 0)
            return 1;
        close(fd);
    }
    clock_gettime(CLOCK_MONOTONIC, &end);
    printf("%.1f\n",
           ((double)(end.tv_sec - start.tv_sec) * 1e9 + (double)(end.tv_nsec - start.tv_nsec)) /
               (double)count);
    return 0;
}
