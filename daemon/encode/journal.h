// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Events as the journal's native protocol has them (systemd.io/JOURNAL_NATIVE_PROTOCOL), each with
 * its length before it (FRAMING_PREFIXED):
 *
 *     RINGMILL_SOURCE=exec                 the name given at open; RINGMILL_TYPE, if one is
 *     RINGMILL_TIME=2026-11-22T22:16:40... as `time` of JSON lines
 *     RINGMILL_PID=420                     each field that is not null, see journal_plan.h
 *     RINGMILL_COMM <length> bytes         texts as they are, whatever their bytes
 *     RINGMILL_ARGS=["ls","-l"]            arrays as in JSON; all else as in JSON, without quotes
 *     MESSAGE <length> exec: pid=420 comm=ls args=["ls","-l"]
 *
 * The readable line is valid UTF-8 without control characters, and is cut: texts after
 * JOURNAL_TEXT_SHOWN bytes, and all of it where it has JOURNAL_MESSAGE_MAX. A loss has
 * RINGMILL_LOST, RINGMILL_SINCE and RINGMILL_UNTIL. */

#include "encode/encoder.h"

enum {
    JOURNAL_TEXT_SHOWN = 256,
    JOURNAL_MESSAGE_MAX = 2048,
};

extern const struct encoder_ops journal_encoder_ops;
