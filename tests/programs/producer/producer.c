// SPDX-License-Identifier: Apache-2.0

/* Somebody else, who has made rings and writes to them: producer OBJECT FOLDER loads an object of
 * tests/bpf/objects for itself, pins its maps in the folder, attaches it, and says "ready". Then,
 * for each line on standard input:
 *
 *     write FROM TO     writes the numbers from FROM up to TO; says "written"
 *     consume MAP       maps that ring as a consumer does; says "consuming" */

#include <bpf/libbpf.h>
#include <err.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int ignore(void *context, void *data, size_t size)
{
    (void)context;
    (void)data;
    (void)size;
    return 0;
}

/* Sets the constant `target`, the first one in .rodata, to this process. */
static void set_target(struct bpf_object *object)
{
    struct bpf_map *map = bpf_object__find_map_by_name(object, ".rodata");
    size_t size = 0;
    const void *value = map ? bpf_map__initial_value(map, &size) : NULL;
    unsigned pid = (unsigned)getpid();
    char *copy = value ? malloc(size) : NULL;

    if (!copy)
        errx(1, "no constants");
    memcpy(copy, value, size);
    memcpy(copy, &pid, sizeof(pid));
    if (bpf_map__set_initial_value(map, copy, size) < 0)
        err(1, "set the constants");
    free(copy);
}

static void start(struct bpf_object *object, const char *folder)
{
    struct bpf_program *program;
    struct bpf_map *map;
    char path[512];

    set_target(object);
    if (bpf_object__load(object) < 0)
        err(1, "load");
    bpf_object__for_each_map(map, object)
    {
        if (bpf_map__is_internal(map))
            continue;
        snprintf(path, sizeof(path), "%s/%s", folder, bpf_map__name(map));
        if (bpf_map__pin(map, path) < 0)
            err(1, "pin %s", path);
    }
    bpf_object__for_each_program(program, object) if (!bpf_program__attach(program))
        err(1, "attach");
}

int main(int argc, char **argv)
{
    struct bpf_object *object = argc == 3 ? bpf_object__open(argv[1]) : NULL;
    char map[64];
    int from, to;

    if (!object)
        errx(1, "usage: producer OBJECT FOLDER");
    setvbuf(stdout, NULL, _IOLBF, 0);
    start(object, argv[2]);
    puts("ready");
    for (char line[128]; fgets(line, sizeof(line), stdin);) {
        if (sscanf(line, "write %d %d", &from, &to) == 2) {
            for (; from < to; from++)
                (void)!getpgid(from);
            puts("written");
        } else if (sscanf(line, "consume %63s", map) == 1) {
            if (!ring_buffer__new(bpf_object__find_map_fd_by_name(object, map), ignore, NULL, NULL))
                err(1, "consume %s", map);
            puts("consuming");
        }
    }
    _exit(0); /* as it stands: a process that was killed frees nothing either */
}
