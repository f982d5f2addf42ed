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
#include "base/log.h"

#define SYSTEMD "org.freedesktop.systemd1"

static void cleanup_bus(sd_bus **bus)
{
    sd_bus_flush_close_unref(*bus);
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

/* The type of the job that the unit of this process has: "" where it has none. */
static int ask_job(sd_bus *bus, char **ret_type)
{
    _cleanup_(cleanup_message) sd_bus_message *unit = NULL, *job = NULL;
    const char *unit_path, *job_path;
    uint32_t id;
    int result;

    sd_bus_set_method_call_timeout(bus, MANAGER_SECONDS_MAX * 1000000 / 4);
    result = sd_bus_call_method(bus, SYSTEMD, "/org/freedesktop/systemd1", SYSTEMD ".Manager",
                                "GetUnitByPID", NULL, &unit, "u", (uint32_t)getpid());
    if (result >= 0)
        result = sd_bus_message_read(unit, "o", &unit_path);
    if (result >= 0)
        result = sd_bus_get_property(bus, SYSTEMD, unit_path, SYSTEMD ".Unit", "Job", NULL, &job,
                                     "(uo)");
    if (result >= 0)
        result = sd_bus_message_read(job, "(uo)", &id, &job_path);
    if (result >= 0 && id == 0)
        return (*ret_type = strdup("")) ? 0 : -ENOMEM;
    if (result >= 0)
        result = sd_bus_get_property_string(bus, SYSTEMD, job_path, SYSTEMD ".Job", "JobType", NULL,
                                            ret_type);
    return result;
}

/* Also try-restart and reload-or-restart: by now they are what they came to. */
static bool is_restart(const char *type)
{
    return strcmp(type, "restart") == 0 || strcmp(type, "try-restart") == 0 ||
           strcmp(type, "start") == 0;
}

bool manager_restarts(void)
{
    _cleanup_(cleanup_bus) sd_bus *bus = NULL;
    _cleanup_(cleanup_free) char *type = NULL;
    int result;

    if (!getenv("NOTIFY_SOCKET"))
        return false; /* systemd did not start us */
    result = sd_bus_open_system(&bus);
    if (result >= 0)
        result = ask_job(bus, &type);
    if (result < 0) {
        cleanup_bus(&bus);
        bus = NULL;
        result = connect_directly(&bus);
        if (result >= 0)
            result = ask_job(bus, &type);
    }
    if (result < 0)
        log_warning("cannot ask systemd whether this is a restart, so it is taken for a stop: %s",
                    strerror(-result));
    return result >= 0 && is_restart(type);
}
