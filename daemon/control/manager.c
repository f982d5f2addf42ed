// SPDX-License-Identifier: Apache-2.0

/* While a service is stopped, its unit has a job, whose type says why. Where there is no message
 * bus, systemd itself answers root on a socket of its own, as it does systemctl. */

#include "control/manager.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-bus.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/log.h"

enum { CALL_US = MANAGER_SECONDS_MAX * 1000000 / 4 };

#define SYSTEMD "org.freedesktop.systemd1"

static void cleanup_bus(sd_bus **bus)
{
    sd_bus_close_unref(
        *bus); /* nothing to be flushed: all calls were answered, or nobody listens */
}

static void cleanup_message(sd_bus_message **message)
{
    sd_bus_message_unref(*message);
}

static int connect_directly(sd_bus **ret)
{
    _cleanup_(cleanup_bus) sd_bus *bus = NULL;
    int result = sd_bus_new(&bus);

    if (result >= 0)
        result = sd_bus_set_address(bus, "unix:path=/run/systemd/private");
    if (result >= 0)
        result = sd_bus_start(bus);
    if (result >= 0)
        *ret = TAKE_PTR(bus);
    return result;
}

/* A bus that accepts the connection and does not reply has a longer timeout than a call. */
static int await_ready(sd_bus *bus)
{
    int64_t deadline = clock_monotonic() + CALL_US * INT64_C(1000);
    int result;

    while ((result = sd_bus_is_ready(bus)) == 0) {
        int64_t left = (deadline - clock_monotonic()) / 1000;

        result = left > 0 ? sd_bus_process(bus, NULL) : -ETIMEDOUT;
        if (result == 0)
            result = sd_bus_wait(bus, (uint64_t)left);
        if (result < 0)
            break;
    }
    return result;
}

static int connect(sd_bus **ret)
{
    _cleanup_(cleanup_bus) sd_bus *bus = NULL;
    int result = sd_bus_open_system(&bus);

    if (result < 0)
        result = connect_directly(&bus);
    if (result >= 0)
        result = await_ready(bus);
    if (result < 0)
        return result;
    sd_bus_set_method_call_timeout(bus, CALL_US);
    *ret = TAKE_PTR(bus);
    return 0;
}

/* The caller frees it. */
static int find_unit(sd_bus *bus, char **ret_path)
{
    _cleanup_(cleanup_message) sd_bus_message *unit = NULL;
    const char *path;
    int result = sd_bus_call_method(bus, SYSTEMD, "/org/freedesktop/systemd1", SYSTEMD ".Manager",
                                    "GetUnitByPID", NULL, &unit, "u", (uint32_t)getpid());

    if (result >= 0)
        result = sd_bus_message_read(unit, "o", &path);
    if (result >= 0 && !(*ret_path = strdup(path)))
        result = -ENOMEM;
    return result;
}

/* The type of the job that the unit of this process has: "" where it has none. */
static int ask_job(char **ret_type)
{
    _cleanup_(cleanup_bus) sd_bus *bus = NULL;
    _cleanup_(cleanup_free) char *unit = NULL;
    _cleanup_(cleanup_message) sd_bus_message *job = NULL;
    const char *path;
    uint32_t id = 0;
    int result = connect(&bus);

    if (result >= 0)
        result = find_unit(bus, &unit);
    if (result >= 0)
        result =
            sd_bus_get_property(bus, SYSTEMD, unit, SYSTEMD ".Unit", "Job", NULL, &job, "(uo)");
    if (result >= 0)
        result = sd_bus_message_read(job, "(uo)", &id, &path);
    if (result < 0)
        return result;
    if (id == 0)
        return (*ret_type = strdup("")) ? 0 : -ENOMEM;
    return sd_bus_get_property_string(bus, SYSTEMD, path, SYSTEMD ".Job", "JobType", NULL,
                                      ret_type);
}

/* try-restart and reload-or-restart too: systemd has turned them into one of these by now. */
static bool is_restart(const char *type)
{
    return strcmp(type, "restart") == 0 || strcmp(type, "try-restart") == 0 ||
           strcmp(type, "start") == 0;
}

bool manager_restarts(void)
{
    _cleanup_(cleanup_free) char *type = NULL;
    int result;

    if (!getenv("NOTIFY_SOCKET"))
        return false; /* systemd did not start us */
    result = ask_job(&type);
    if (result < 0)
        log_warning("cannot ask systemd whether this is a restart: %s; handled as a stop",
                    strerror(-result));
    return result >= 0 && is_restart(type);
}

int manager_stored(uint32_t *ret_count)
{
    _cleanup_(cleanup_bus) sd_bus *bus = NULL;
    _cleanup_(cleanup_free) char *unit = NULL;
    int result = getenv("NOTIFY_SOCKET") ? connect(&bus) : -ENOTSUP;

    if (result >= 0)
        result = find_unit(bus, &unit);
    if (result >= 0)
        result = sd_bus_get_property_trivial(bus, SYSTEMD, unit, SYSTEMD ".Service",
                                             "NFileDescriptorStore", NULL, 'u', ret_count);
    return result < 0 ? result : 0;
}
