// SPDX-License-Identifier: Apache-2.0
#include "control/socket_path.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

struct fixture {
    char folder[32];
    char path[48];
    char lock[64];
};

static int setup(void **state)
{
    static struct fixture fixture;

    strcpy(fixture.folder, "/tmp/ringmill-path.XXXXXX");
    assert_non_null(mkdtemp(fixture.folder));
    snprintf(fixture.path, sizeof(fixture.path), "%s/socket", fixture.folder);
    snprintf(fixture.lock, sizeof(fixture.lock), "%s.lock", fixture.path);
    *state = &fixture;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *fixture = *state;

    assert_int_equal(rmdir(fixture->folder), 0); /* no lock stays */
    return 0;
}

static int take(const struct fixture *fixture, struct socket_path *ours, char *ret_sentence)
{
    struct error error = {0};
    int fd = -1, result = socket_path_take(ours, fixture->path, &error, &fd);

    strcpy(ret_sentence, error.text + (result == 0 ? strlen(error.text) : 0));
    if (result < 0)
        assert_int_equal(fd, -1);
    return result < 0 ? result : fd;
}

static void taken_once_and_left(void **state)
{
    const struct fixture *fixture = *state;
    struct socket_path first = SOCKET_PATH_NONE, second = SOCKET_PATH_NONE;
    char said[sizeof(((struct error *)NULL)->text)];
    struct stat found;
    int fd = take(fixture, &first, said);

    assert_true(fd >= 0);
    assert_int_equal(stat(fixture->path, &found), 0);
    assert_int_equal(found.st_mode, S_IFSOCK | 0660);
    assert_int_equal(take(fixture, &second, said), -EADDRINUSE);
    assert_non_null(strstr(said, "another ringmilld serves"));
    assert_int_equal(stat(fixture->path, &found), 0);
    close(fd);
    socket_path_leave(&first);
    socket_path_leave(&first);
    assert_int_equal(stat(fixture->path, &found), -1);
}

static void a_dead_daemons_socket_is_replaced(void **state)
{
    const struct fixture *fixture = *state;
    struct socket_path dead = SOCKET_PATH_NONE, ours = SOCKET_PATH_NONE;
    char said[sizeof(((struct error *)NULL)->text)];
    int fd = take(fixture, &dead, said);

    close(fd);
    close(dead.lock_fd);
    free(dead.path);
    free(dead.lock);
    fd = take(fixture, &ours, said);
    assert_true(fd >= 0);
    close(fd);
    socket_path_leave(&ours);
}

static void what_is_not_ours_stays(void **state)
{
    const struct fixture *fixture = *state;
    struct socket_path ours = SOCKET_PATH_NONE;
    char said[sizeof(((struct error *)NULL)->text)];
    int fd = open(fixture->path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

    close(fd);
    assert_int_equal(take(fixture, &ours, said), -EEXIST);
    assert_non_null(strstr(said, "exists and is not a socket"));
    assert_int_equal(unlink(fixture->path), 0);

    fd = take(fixture, &ours, said);
    assert_int_equal(unlink(fixture->path), 0);
    close(open(fixture->path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    socket_path_leave(&ours);
    close(fd);
    assert_int_equal(unlink(fixture->path), 0);
}

static void somebody_elses_server(void **state)
{
    const struct fixture *fixture = *state;
    struct socket_path theirs = SOCKET_PATH_NONE, ours = SOCKET_PATH_NONE;
    char said[sizeof(((struct error *)NULL)->text)];
    int fd = take(fixture, &theirs, said);

    assert_int_equal(listen(fd, 1), 0);
    assert_int_equal(unlink(fixture->lock), 0); /* one that knows nothing of our lock */
    assert_int_equal(take(fixture, &ours, said), -EADDRINUSE);
    assert_non_null(strstr(said, "another program serves"));
    close(fd);
    socket_path_leave(&theirs);
}

static void the_next_process_adopts_it(void **state)
{
    const struct fixture *fixture = *state;
    struct socket_path first = SOCKET_PATH_NONE, next = SOCKET_PATH_NONE;
    char said[sizeof(((struct error *)NULL)->text)];
    struct error error = {0};
    struct stat before, found;
    int fd = take(fixture, &first, said);

    assert_int_equal(stat(fixture->path, &before), 0);
    assert_int_equal(socket_path_adopt(&next, fixture->path, &error), -EADDRINUSE);
    socket_path_hand_on(&first);
    assert_int_equal(socket_path_adopt(&next, fixture->path, &error), 0);
    assert_int_equal(stat(fixture->path, &found), 0);
    assert_int_equal(found.st_ino, before.st_ino);
    socket_path_leave(&next);
    assert_int_equal(socket_path_adopt(&next, fixture->path, &error), -ENOENT);
    assert_int_equal(next.lock_fd, -1);
    close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(taken_once_and_left, setup, teardown),
        cmocka_unit_test_setup_teardown(a_dead_daemons_socket_is_replaced, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_not_ours_stays, setup, teardown),
        cmocka_unit_test_setup_teardown(somebody_elses_server, setup, teardown),
        cmocka_unit_test_setup_teardown(the_next_process_adopts_it, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
