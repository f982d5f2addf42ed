// SPDX-License-Identifier: Apache-2.0
#include "control/clocks.h"

#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/time_namespace.h"
#include "ring/ring.h"

bool clocks_setup(void)
{
    struct time_offsets offsets;
    int r = time_namespace_offsets(&offsets);

    if (r == -EXDEV)
        log_error("the clocks of this time namespace cannot be compared with those of records; "
                  "start with a fork, as in unshare --time --fork");
    else if (r < 0)
        log_error("cannot read /proc/self/timens_offsets: %s", strerror(-r));
    if (r < 0)
        return false;
    clock_set_shift(offsets.monotonic, offsets.boottime);
    ring_clock_shift = offsets.monotonic;
    return true;
}
