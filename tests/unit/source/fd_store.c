// SPDX-License-Identifier: Apache-2.0

/* What the service manager is told, as it gets it: this test takes its place. */

#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/passed_fds.h"
#include "source/kept_set.h"
#include "source/kept_store.h"

enum { MESSAGES_MAX = 16, MESSAGE_BYTES = 512 };

struct manager {
    int socket;
    pthread_t thread;
    char folder[32];
    char path[64];
    char messages[MESSAGES_MAX][MESSAGE_BYTES];
    unsigned n_messages;
    unsigned n_fds; /* that came along, but for those of barriers */
};

/* Whoever waits at a barrier is let through by closing what came with it. */
static bool hear(struct manager *manager)
{
    char *text = manager->messages[manager->n_messages];
    struct iovec part = {text, MESSAGE_BYTES - 1};
    union {
        char bytes[CMSG_SPACE(sizeof(int))];
        struct cmsghdr align;
    } control;
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = control.bytes,
                             .msg_controllen = sizeof(control.bytes)};
    ssize_t length = recvmsg(manager->socket, &message, MSG_CMSG_CLOEXEC);
    struct cmsghdr *along = CMSG_FIRSTHDR(&message);

    if (length <= 0)
        return false;
    text[length] = '\0';
    if (along && along->cmsg_type == SCM_RIGHTS) {
        int fd;

        memcpy(&fd, CMSG_DATA(along), sizeof(fd));
        close(fd);
        manager->n_fds += strcmp(text, "BARRIER=1") != 0;
    }
    manager->n_messages++;
    return strcmp(text, "END") != 0;
}

static void *manage(void *data)
{
    while (hear(data))
        ;
    return NULL;
}

static void begin(struct manager *manager)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    *manager = (struct manager){.folder = "/tmp/ringmill-test.XXXXXX"};
    assert_non_null(mkdtemp(manager->folder));
    snprintf(manager->path, sizeof(manager->path), "%s/notify", manager->folder);
    strcpy(address.sun_path, manager->path);
    manager->socket = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(manager->socket, (struct sockaddr *)&address, sizeof(address)), 0);
    setenv("NOTIFY_SOCKET", manager->path, 1);
    assert_int_equal(pthread_create(&manager->thread, NULL, manage, manager), 0);
}

static void end(struct manager *manager)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    strcpy(address.sun_path, manager->path);
    assert_int_equal(sendto(fd, "END", 3, 0, (struct sockaddr *)&address, sizeof(address)), 3);
    pthread_join(manager->thread, NULL);
    close(fd);
    close(manager->socket);
    unlink(manager->path);
    rmdir(manager->folder);
    unsetenv("NOTIFY_SOCKET");
}

static int any_fd(void)
{
    int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

    assert_true(fd >= 0);
    return fd;
}

static struct kept_set *make(void)
{
    struct kept_set *kept = kept_set_new(&kept_store_fds, NULL, "some.source", 17);

    assert_non_null(kept);
    assert_int_equal(kept_set_add(kept, "ring-0-0", any_fd()), 0);
    assert_int_equal(kept_set_add(kept, "ledger", any_fd()), 0);
    assert_int_equal(kept_set_add(kept, "lost-0", any_fd()), 0);
    return kept;
}

static void the_ledger_comes_first_and_goes_last(void **state)
{
    static const char *const expected[] = {
        "FDSTORE=1\nFDPOLL=0\nFDNAME=ringmill/some.source/17/ledger",
        "FDSTORE=1\nFDPOLL=0\nFDNAME=ringmill/some.source/17/ring-0-0",
        "FDSTORE=1\nFDPOLL=0\nFDNAME=ringmill/some.source/17/lost-0",
        "FDSTORE=1\nFDPOLL=0\nFDNAME=ringmill/some.source/17/link-0-3",
        "BARRIER=1",
        "FDSTOREREMOVE=1\nFDNAME=ringmill/some.source/17/link-0-3",
        "BARRIER=1",
        "FDSTOREREMOVE=1\nFDNAME=ringmill/some.source/17/ring-0-0",
        "FDSTOREREMOVE=1\nFDNAME=ringmill/some.source/17/lost-0",
        "FDSTOREREMOVE=1\nFDNAME=ringmill/some.source/17/ledger",
        "BARRIER=1",
        "END",
    };
    static struct manager manager;
    struct kept_set *kept = make();
    struct error error = {0};

    (void)state;
    begin(&manager);
    assert_int_equal(kept_set_store(kept, &error), 0);
    assert_int_equal(kept_set_add(kept, "link-0-3", any_fd()), 0);
    assert_int_equal(kept_set_store_rest(kept, 3, &error), 0);
    kept_set_drop(kept, KEPT_LINK);
    assert_int_equal(kept->n_items, 3);
    assert_int_equal(kept_set_fd(kept, "link-0-3"), -1);
    kept_set_drop(kept, "");
    end(&manager);
    assert_int_equal(manager.n_messages, sizeof(expected) / sizeof(expected[0]));
    for (unsigned i = 0; i < manager.n_messages; i++)
        assert_string_equal(manager.messages[i], expected[i]);
    assert_int_equal(manager.n_fds, 4);
    assert_int_equal(kept->n_items, 0);
    kept_set_free(kept);
}

static void without_a_manager_it_says_so(void **state)
{
    struct kept_set *kept = make();
    struct error error = {0};

    (void)state;
    unsetenv("NOTIFY_SOCKET");
    assert_true(kept_set_store(kept, &error) < 0);
    assert_non_null(strstr(error.text, "keep: fdstore needs systemd, which did not start this "
                                       "process"));
    kept_set_free(kept);
}

static void pass(const char *names, int count)
{
    char text[32];

    for (int i = 0; i < count; i++)
        assert_int_equal(dup3(STDERR_FILENO, 3 + i, O_CLOEXEC), 3 + i);
    snprintf(text, sizeof(text), "%d", (int)getpid());
    setenv("LISTEN_PID", text, 1);
    snprintf(text, sizeof(text), "%d", count);
    setenv("LISTEN_FDS", text, 1);
    setenv("LISTEN_FDNAMES", names, 1);
    passed_fds_init();
}

/* Of one source at a time; what is not ours stays for others. */
static void what_was_passed_is_found_by_name(void **state)
{
    struct kept_sets list = {0};
    struct error error;

    (void)state;
    pass("control:ringmill/a/7/ring-0-0:ringmill/b/9/ledger:ringmill/a/8/ledger:ringmill/a/7/"
         "link-0-0:ringmill/a/x/ledger",
         6);
    assert_int_equal(kept_store_fds.find(NULL, "a", &list, &error), 0);
    assert_int_equal(list.count, 2);
    assert_int_equal(list.sets[0]->id, 7);
    assert_int_equal(list.sets[0]->n_items, 2);
    assert_int_equal(list.sets[1]->id, 8);
    assert_null(list.sets[1]->ledger); /* it is none */
    kept_sets_deinit(&list);
    assert_int_equal(kept_store_fds.find(NULL, NULL, &list, &error), 0);
    assert_int_equal(list.count, 1);
    assert_string_equal(list.sets[0]->source, "b");
    kept_sets_deinit(&list);
    assert_string_equal(passed_fds_name(0), "control");
    assert_string_equal(passed_fds_name(1), "ringmill/a/x/ledger");
    assert_null(passed_fds_name(2));
    passed_fds_deinit();
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_passed_is_found_by_name),
        cmocka_unit_test(the_ledger_comes_first_and_goes_last),
        cmocka_unit_test(without_a_manager_it_says_so),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
