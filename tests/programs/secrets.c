// SPDX-License-Identifier: Apache-2.0

/* secrets COUNT: sends and receives texts by functions like those of a TLS library, for uprobes to
 * see: "sent 0", "sent 1", ... and "got 0", ... Each text sent passes a USDT marker, too. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sdt.h>

#define API __attribute__((noinline, noclone, visibility("default")))

struct session {
    int version;
    int descriptor;
};

int secret_write(struct session *session, const char *data, int length);
int secret_read(struct session *session, char *data, int length);

API int secret_write(struct session *session, const char *data, int length)
{
    DTRACE_PROBE3(secrets, sent, session->descriptor, length, data);
    return length;
}

/* The text is there only when the function returns. */
API int secret_read(struct session *session, char *data, int length)
{
    return snprintf(data, (size_t)length, "got %d", session->descriptor);
}

int main(int argc, char **argv)
{
    int count = argc > 1 ? atoi(argv[1]) : 1;
    char text[64];

    for (int i = 0; i < count; i++) {
        struct session session = {.version = 3, .descriptor = i};

        snprintf(text, sizeof(text), "sent %d", i);
        if (secret_write(&session, text, (int)strlen(text)) <= 0 ||
            secret_read(&session, text, sizeof(text)) <= 0)
            return 1;
    }
    return 0;
}
