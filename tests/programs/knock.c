// SPDX-License-Identifier: Apache-2.0

/* For each line "THREADS COUNT PAUSE" on stdin: so many threads, each on a CPU of its own as far as
 * there are so many, call getpgid() so often, with a pause of so many microseconds after each ten.
 * The argument is the thread's number, shifted by 24, and the number of its call, which goes on
 * from line to line. Says "done" after each line, and "ready" before the first one. */

#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { THREADS_MAX = 64 };

struct knocker {
    pthread_t thread;
    unsigned number, calls; /* calls so far */
    unsigned count, pause;
};

static void *knock(void *data)
{
    struct knocker *knocker = data;
    cpu_set_t cpu;

    CPU_ZERO(&cpu);
    CPU_SET(knocker->number % (unsigned)sysconf(_SC_NPROCESSORS_ONLN), &cpu);
    pthread_setaffinity_np(pthread_self(), sizeof(cpu), &cpu);
    for (unsigned i = 0; i < knocker->count; i++) {
        syscall(SYS_getpgid, knocker->number << 24 | knocker->calls++);
        if (knocker->pause > 0 && i % 10 == 9)
            usleep(knocker->pause);
    }
    return NULL;
}

int main(void)
{
    static struct knocker knockers[THREADS_MAX];
    unsigned threads, count, pause;

    setvbuf(stdout, NULL, _IOLBF, 0);
    puts("ready");
    while (scanf("%u %u %u", &threads, &count, &pause) == 3 && threads <= THREADS_MAX) {
        for (unsigned i = 0; i < threads; i++) {
            knockers[i].number = i;
            knockers[i].count = count;
            knockers[i].pause = pause;
            if (pthread_create(&knockers[i].thread, NULL, knock, &knockers[i]) != 0)
                return 1;
        }
        for (unsigned i = 0; i < threads; i++)
            pthread_join(knockers[i].thread, NULL);
        puts("done");
    }
    return 0;
}
