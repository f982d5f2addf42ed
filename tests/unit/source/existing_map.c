// SPDX-License-Identifier: Apache-2.0

/* Finding maps by path, id and name, and each way in which that fails. Needs the right to make
 * maps; without it only what needs no kernel is checked. */

#include "source/existing_map.h"

#include <bpf/bpf.h>
#include <err.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/cleanup.h"

static int make_map(enum bpf_map_type type, const char *name)
{
    bool ring = type == BPF_MAP_TYPE_RINGBUF;
    int fd = bpf_map_create(type, name, ring ? 0 : 4, ring ? 0 : 4, ring ? 4096 : 1, NULL);

    if (fd < 0 && errno == EPERM)
        errx(77, "skipped: this user may not make maps"); /* ctest does not see cmocka's skip() */
    assert_true(fd >= 0);
    return fd;
}

static uint32_t id_of(int fd)
{
    struct bpf_map_info info = {0};
    uint32_t size = sizeof(info);

    assert_int_equal(bpf_obj_get_info_by_fd(fd, &info, &size), 0);
    return info.id;
}

static void finds(const char *what, uint32_t id)
{
    _cleanup_(cleanup_close) int fd = -1;
    struct error error = {0};

    if (existing_map_open(what, false, &error, &fd) != 0)
        fail_msg("%s: %s", what, error.text);
    assert_int_equal(id_of(fd), id);
}

static void refuses(const char *what, int code, const char *part)
{
    struct error error = {0};
    int fd = -7;

    assert_int_equal(existing_map_open(what, false, &error, &fd), code);
    assert_int_equal(fd, -7);
    if (!strstr(error_join(&error), part))
        fail_msg("%s: \"%s\" lacks \"%s\"", what, error.text, part);
}

static void by_id(void **state)
{
    _cleanup_(cleanup_close) int map = make_map(BPF_MAP_TYPE_RINGBUF, "pinned_id");
    char what[32];

    (void)state;
    snprintf(what, sizeof(what), "id:%u", id_of(map));
    finds(what, id_of(map));
    refuses("id:4294967295", -ENOENT, "no BPF map has the id 4294967295");
}

static void no_id(void **state)
{
    (void)state;
    refuses("id:", -EINVAL, "expected the id of a map, as in id:42");
    refuses("id:0", -EINVAL, "id:42");
    refuses("id:-1", -EINVAL, "id:42");
    refuses("id:12x", -EINVAL, "id:42");
    refuses("id:4294967296", -EINVAL, "id:42");
}

static void by_name(void **state)
{
    char name[32], longer[64], near[64];
    _cleanup_(cleanup_close) int map = -1;

    (void)state;
    snprintf(name, sizeof(name), "pin_name_%06d", getpid() % 1000000); /* 15, as long as can be */
    map = make_map(BPF_MAP_TYPE_RINGBUF, name);
    finds(name, id_of(map));
    snprintf(longer, sizeof(longer), "%s_and_more", name); /* the kernel has cut it */
    finds(longer, id_of(map));
    snprintf(near, sizeof(near), "x%s", name + 1);
    refuses(near, -ENOENT, name);
}

static void by_a_name_that_several_have(void **state)
{
    _cleanup_(cleanup_close) int hash = -1, ring = -1, other = -1;
    char name[64], ids[64];

    (void)state;
    snprintf(name, sizeof(name), "pin_two_%d", getpid() % 1000000);
    hash = make_map(BPF_MAP_TYPE_HASH, name);
    finds(name, id_of(hash)); /* that it is no ring, whoever wants one will say */
    ring = make_map(BPF_MAP_TYPE_RINGBUF, name);
    finds(name, id_of(ring)); /* rings go first */
    other = make_map(BPF_MAP_TYPE_RINGBUF, name);
    snprintf(ids, sizeof(ids), "id:%u, id:%u", id_of(ring), id_of(other));
    refuses(name, -ENOTUNIQ, ids);
}

static void by_path(void **state)
{
    _cleanup_(cleanup_close) int map = make_map(BPF_MAP_TYPE_RINGBUF, "pinned_path");
    char folder[] = "/tmp/ringmill-pinned.XXXXXX", path[64];

    (void)state;
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof(path), "%s/file", folder);
    refuses(path, -ENOENT, "cannot open");
    fclose(fopen(path, "w"));
    refuses(path, -EINVAL, "is not a pinned BPF map");
    unlink(path);
    if (mount("bpf", folder, "bpf", 0, NULL) < 0) {
        rmdir(folder);
        errx(77, "skipped: this user may not mount");
    }
    snprintf(path, sizeof(path), "%s/events", folder);
    assert_int_equal(bpf_obj_pin(map, path), 0);
    finds(path, id_of(map));
    umount2(folder, MNT_DETACH);
    rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_id),   cmocka_unit_test(by_id),
        cmocka_unit_test(by_name), cmocka_unit_test(by_a_name_that_several_have),
        cmocka_unit_test(by_path),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
