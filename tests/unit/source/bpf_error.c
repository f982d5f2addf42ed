// SPDX-License-Identifier: Apache-2.0

/* What an errno of the kernel or a warning of libbpf becomes. */

#include "source/bpf_error.h"

#include <errno.h>
#include <string.h>

#include "source/hook.h"
#include "source/libbpf_log.h"
#include "source/object.h"

#include "unit/source/support.h"

enum { NOT_SUPPORTED = 524 };

struct said {
    struct error error;
    bool refused;
    int code;
};

static struct said attach(const struct hook *hook, const char *section, int code,
                          const char *warning)
{
    struct object_program program = {.name = "p", .hook = hook, .arguments = {.section = section}};
    struct libbpf_log log = {0};
    struct said said = {0};

    snprintf(log.warning, sizeof(log.warning), "%s", warning);
    said.code = bpf_error_on_attach(code, &log, &program, &said.error, &said.refused);
    return said;
}

static void what_the_kernel_does_not_support(void **state)
{
    static const int codes[] = {-NOT_SUPPORTED, -EOPNOTSUPP};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct said said = attach(&hook_tcx, "tcx/ingress", codes[i], "");

        assert_true(said.refused);
        assert_int_equal(said.code, -ENOTSUP);
        assert_string_equal(
            said.error.text,
            "program \"p\" (tcx/ingress): this kernel does not support a TCX program "
            "there; it lacks that kind of hook, or was built without it");
        said = attach(&hook_function, "fentry/f", codes[i], "");
        assert_true(said.refused);
        assert_non_null(strstr(said.error.text, "this kernel does not have BPF trampolines"));
    }
}

static void other_errors(void **state)
{
    struct said said = attach(&hook_tcx, "tcx/ingress", -EBUSY, "");

    (void)state;
    assert_false(said.refused);
    assert_int_equal(said.code, -EBUSY);
    assert_string_equal(said.error.text,
                        "program \"p\" (tcx/ingress) cannot be attached: Device or "
                        "resource busy");
}

static void old_maps(void **state)
{
    struct libbpf_log log = {.warning = "libbpf: elf: legacy map definitions in 'maps' section are "
                                        "not supported by libbpf v1.0+"};
    struct error error;

    (void)state;
    assert_int_equal(bpf_error_on_open(-EOPNOTSUPP, &log, &error), -EINVAL);
    assert_non_null(strstr(error.text, "define them in the section \".maps\""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_the_kernel_does_not_support),
        cmocka_unit_test(other_errors),
        cmocka_unit_test(old_maps),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
