// SPDX-License-Identifier: Apache-2.0

#include "base/user_text.h"

#include <dlfcn.h>
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/process_maps.h"
#include "base/process_opener.h"

enum { ROOM = 496 };

struct parts {
    struct process_opener *opener;
    struct user_text *text;
    char name[ROOM + 1];
};

static int begin(void **state)
{
    struct parts *parts = calloc(1, sizeof(*parts));

    assert_int_equal(process_opener_start(&parts->opener), 0);
    parts->text = user_text_new(parts->opener);
    *state = parts;
    return 0;
}

static int end(void **state)
{
    struct parts *parts = *state;

    user_text_free(parts->text);
    process_opener_stop(parts->opener);
    free(parts);
    return 0;
}

static int find(struct parts *parts, pid_t pid, uintptr_t address)
{
    int length = user_text_find(parts->text, (uint32_t)pid, address, parts->name, ROOM);

    parts->name[length > 0 ? length : 0] = '\0';
    return length;
}

/* Of the test's own process: its functions, those of a library, and what is no code of a file. */
static void own_process(void **state)
{
    struct parts *parts = *state;
    void *nobody = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    assert_true(find(parts, getpid(), (uintptr_t)own_process) > 0);
    assert_string_equal(parts->name, "own_process+0x0 (unit-base-user_text)");
    assert_true(find(parts, getpid(), (uintptr_t)own_process + 1) > 0);
    assert_string_equal(parts->name, "own_process+0x1 (unit-base-user_text)");
    assert_true(find(parts, getpid(), (uintptr_t)dlsym(RTLD_DEFAULT, "getppid")) > 0);
    assert_non_null(strstr(parts->name, "getppid+0x0 (libc"));
    assert_int_equal(find(parts, getpid(), (uintptr_t)nobody), -ENOENT);
    assert_int_equal(find(parts, getpid(), (uintptr_t)&parts), -ENOENT);
    assert_int_equal(find(parts, getpid(), 1), -ENOENT);
    munmap(nobody, 4096);
}

/* A process that ended has no maps, before it was waited for and after. */
static void ended_process(void **state)
{
    struct parts *parts = *state;
    siginfo_t info;
    pid_t child = fork();

    if (child == 0)
        _exit(0);
    assert_int_equal(waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT), 0);
    assert_int_equal(find(parts, child, (uintptr_t)own_process), -ESRCH);
    assert_int_equal(waitpid(child, NULL, 0), child);
    assert_int_equal(find(parts, child, (uintptr_t)own_process), -ESRCH);
}

/* More processes than are remembered. */
static void many_processes(void **state)
{
    struct parts *parts = *state;
    pid_t children[USER_TEXT_PROCESSES_MAX + 8];
    size_t count = sizeof(children) / sizeof(*children);

    for (size_t i = 0; i < count; i++) {
        children[i] = fork();
        assert_true(children[i] >= 0);
        if (children[i] == 0) {
            pause();
            _exit(0);
        }
        assert_true(find(parts, children[i], (uintptr_t)own_process) > 0);
        assert_string_equal(parts->name, "own_process+0x0 (unit-base-user_text)");
    }
    assert_true(find(parts, children[0], (uintptr_t)own_process) > 0);
    for (size_t i = 0; i < count; i++) {
        kill(children[i], SIGKILL);
        waitpid(children[i], NULL, 0);
    }
}

static void lines_of_maps(void **state)
{
    static const char text[] =
        "00400000-00401000 r--p 00000000 08:01 7   /bin/a b\n"
        "00401000-00403000 r-xp 00001000 08:01 7   /bin/a b\n"
        "7f0000000000-7f0000001000 r-xp 00000000 00:00 0\n"
        "7f0000002000-7f0000003000 r-xp 00002000 08:01 9   /lib/c.so (deleted)\n"
        "7ffc00000000-7ffc00001000 r-xp 00000000 00:00 0   [vdso]\n"
        "no line\n";
    int fd = memfd_create("maps", MFD_CLOEXEC);
    const struct process_mapping *mapping;
    struct process_maps maps;

    (void)state;
    assert_int_equal(write(fd, text, sizeof(text) - 1), sizeof(text) - 1);
    assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
    assert_int_equal(process_maps_read(fd, &maps), 0);
    assert_int_equal(maps.n_mappings, 2);
    mapping = process_maps_find(&maps, 0x402fff);
    assert_string_equal(mapping->path, "/bin/a b");
    assert_int_equal(mapping->inode, 7);
    assert_false(mapping->is_deleted);
    assert_null(process_maps_find(&maps, 0x403000));
    assert_null(process_maps_find(&maps, 0x400fff));
    mapping = process_maps_find(&maps, UINT64_C(0x7f0000002000));
    assert_string_equal(mapping->path, "/lib/c.so");
    assert_true(mapping->is_deleted);
    process_maps_deinit(&maps);
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(own_process, begin, end),
        cmocka_unit_test_setup_teardown(ended_process, begin, end),
        cmocka_unit_test_setup_teardown(many_processes, begin, end),
        cmocka_unit_test(lines_of_maps),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
