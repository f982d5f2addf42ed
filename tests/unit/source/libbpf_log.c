// SPDX-License-Identifier: Apache-2.0

/* What libbpf prints goes to the innermost log of the thread that called it. */

#include "source/libbpf_log.h"

#include <bpf/libbpf.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void provoke(const char *name)
{
    LIBBPF_OPTS(bpf_object_open_opts, options, .object_name = name);

    assert_null(bpf_object__open_mem("no ELF", 6, &options));
}

static void the_first_warning_is_kept(void **state)
{
    struct libbpf_log log;

    (void)state;
    libbpf_log_begin(&log);
    provoke("one");
    provoke("two");
    libbpf_log_end(&log);
    provoke("three");
    assert_string_equal(log.warning, "libbpf: elf: 'one' is not a proper ELF object");
    assert_string_equal(log.program, "");
    assert_string_equal(log.verifier, "");
}

static void logs_nest(void **state)
{
    struct libbpf_log outer, inner;

    (void)state;
    libbpf_log_begin(&outer);
    libbpf_log_begin(&inner);
    provoke("inner");
    libbpf_log_end(&inner);
    assert_string_equal(outer.warning, "");
    provoke("outer");
    libbpf_log_end(&outer);
    assert_non_null(strstr(inner.warning, "'inner'"));
    assert_non_null(strstr(outer.warning, "'outer'"));
}

static void *provoke_elsewhere(void *data)
{
    provoke(data);
    return NULL;
}

static void other_threads_have_other_logs(void **state)
{
    struct libbpf_log log;
    pthread_t thread;

    (void)state;
    libbpf_log_begin(&log);
    assert_int_equal(pthread_create(&thread, NULL, provoke_elsewhere, "elsewhere"), 0);
    pthread_join(thread, NULL);
    libbpf_log_end(&log);
    assert_string_equal(log.warning, "");
}

/* What libbpf passes to the function that was set. */
static void print(const char *format, ...)
{
    libbpf_print_fn_t function = libbpf_set_print(NULL);
    va_list arguments;

    libbpf_set_print(function);
    va_start(arguments, format);
    function(LIBBPF_WARN, format, arguments);
    va_end(arguments);
}

static void the_verifier_explains_itself(void **state)
{
    struct libbpf_log log;

    (void)state;
    libbpf_log_begin(&log);
    print("libbpf: prog '%s': -- BEGIN PROG LOAD LOG --\n%s-- END PROG LOAD LOG --\n", "walker",
          "0: R1=ctx() R10=fp0\n"
          "0: (95) exit\n"
          "R0 !read_ok\n"
          "\n"
          "Verification failed: Register Type Safety: Unreadable register\n"
          "\n"
          "Reason:\n"
          "  R0 has never been initialized on this path,\n"
          "  so the verifier cannot use it.\n"
          "\n"
          "At:\n"
          "  insn 0\n"
          "\n"
          "Suggestion:\n"
          "  Initialize R0 on every path before this instruction.\n"
          "\n"
          "processed 1 insns (limit 1000000)\n");
    libbpf_log_end(&log);
    assert_string_equal(log.program, "walker");
    assert_string_equal(log.verifier, "0: R1=ctx() R10=fp0\n0: (95) exit\nR0 !read_ok\n");
    assert_string_equal(log.reason, "R0 has never been initialized on this path, so the verifier "
                                    "cannot use it");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_warning_is_kept),
        cmocka_unit_test(logs_nest),
        cmocka_unit_test(other_threads_have_other_logs),
        cmocka_unit_test(the_verifier_explains_itself),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
