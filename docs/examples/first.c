// SPDX-License-Identifier: Apache-2.0
/* The smallest reader: prints how long each sample of a pinned ring is.
 *
 *     cc first.c $(pkg-config --cflags --libs ringmill) -lbpf
 *     ./a.out /sys/fs/bpf/agent/events */
#include <bpf/bpf.h>
#include <err.h>
#include <ringmill/ring.h>
#include <stdio.h>

int main(int argc, char **argv)
{
    int map_fd = argc == 2 ? bpf_obj_get(argv[1]) : -1;
    struct ringmill_reader *reader;
    struct ringmill_error reason;
    struct ringmill_view view;

    if (map_fd < 0)
        errx(2, "usage: first PINNED-RING");
    if (ringmill_open(map_fd, &reason, &reader) < 0)
        errx(1, "%s", reason.text);
    while (ringmill_reader_next(reader, &view) == RINGMILL_READY)
        printf("%u bytes at %llu\n", view.length, (unsigned long long)view.position);
    ringmill_reader_free(reader);
    return 0;
}
