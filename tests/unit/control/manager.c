// SPDX-License-Identifier: Apache-2.0
#include "control/manager.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

/* Takes connections, as its backlog does, and never says anything. */
static void a_silent_bus_is_not_waited_for(void **state)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    char folder[] = "/tmp/ringmill-bus.XXXXXX", variable[128];
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    uint32_t count;

    (void)state;
    assert_non_null(mkdtemp(folder));
    snprintf(address.sun_path, sizeof(address.sun_path), "%s/bus", folder);
    snprintf(variable, sizeof(variable), "unix:path=%s", address.sun_path);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(listen(fd, 8), 0);
    setenv("DBUS_SYSTEM_BUS_ADDRESS", variable, 1);
    setenv("NOTIFY_SOCKET", "/nowhere", 1);
    assert_true(manager_stored(&count) < 0);
    assert_false(manager_restarts());
    close(fd);
    unlink(address.sun_path);
    rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_silent_bus_is_not_waited_for),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
