// SPDX-License-Identifier: Apache-2.0

/* A descriptor that is closed at the start would be given to the next thing we open, a ring or an
 * eventfd, and our output would go in there. /dev/null takes its place, for reading only: then
 * writing fails, and a sink on standard output says that it is closed. */

#include "base/process.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

void process_setup(void)
{
    struct rlimit files;
    int fd;

    do
        fd = open("/dev/null", O_RDONLY);
    while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd >= 0)
        close(fd);
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files);
    }
}
