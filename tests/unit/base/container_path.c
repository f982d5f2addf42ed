// SPDX-License-Identifier: Apache-2.0
#include "base/container_path.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define ID          "3f4e0c5d6b7a89900112233445566778899aabbccddeeff00112233445566778"
#define ID2         "ffff0c5d6b7a89900112233445566778899aabbccddeeff00112233445566778"
#define UID         "7d0c2c5e-91aa-4a57-bb4e-6d3d7e5f0a11"
#define UID_ESCAPED "7d0c2c5e_91aa_4a57_bb4e_6d3d7e5f0a11"

/* runtime, id and so on: NULL: the path does not say. */
struct row {
    const char *path;
    const char *runtime, *id, *pod_uid, *unit, *user_unit, *slice;
};

#define PODS "/kubepods.slice/kubepods-burstable.slice/"
#define POD  "kubepods-burstable-pod" UID_ESCAPED ".slice"
#define USER "/user.slice/user-1000.slice/user@1000.service/"

static const struct row rows[] = {
    {"/", NULL, NULL, NULL, NULL, NULL, NULL},
    {"/init.scope", NULL, NULL, NULL, "init.scope", NULL, NULL},
    {"/system.slice/cron.service", NULL, NULL, NULL, "cron.service", NULL, "system.slice"},
    {"/system.slice/system-getty.slice/getty@tty1.service", NULL, NULL, NULL, "getty@tty1.service",
     NULL, "system-getty.slice"},
    {"/system.slice/_cgroup.service", NULL, NULL, NULL, "cgroup.service", NULL, "system.slice"},
    {"/user.slice/user-1000.slice/session-3.scope", NULL, NULL, NULL, "session-3.scope", NULL,
     "user-1000.slice"},
    {USER "app.slice/app-gnome-1.scope", NULL, NULL, NULL, "user@1000.service", "app-gnome-1.scope",
     "user-1000.slice"},
    {"/system.slice/a.service/sub/b.service", NULL, NULL, NULL, "a.service", NULL, "system.slice"},
    /* docker */
    {"/docker/" ID, "docker", ID, NULL, NULL, NULL, NULL},
    {"/system.slice/docker-" ID ".scope", "docker", ID, NULL, "docker-" ID ".scope", NULL,
     "system.slice"},
    {"/system.slice:docker:" ID, "docker", ID, NULL, NULL, NULL, NULL},
    {"/build/" ID, NULL, ID, NULL, NULL, NULL, NULL}, /* --cgroup-parent=/build */
    {USER "user.slice/docker-" ID ".scope", "docker", ID, NULL, "user@1000.service",
     "docker-" ID ".scope", "user-1000.slice"},
    /* the kubelet, with the driver systemd and with cgroupfs */
    {PODS POD "/cri-containerd-" ID ".scope", "containerd", ID, UID, "cri-containerd-" ID ".scope",
     NULL, POD},
    {PODS POD "/docker-" ID ".scope", "docker", ID, UID, "docker-" ID ".scope", NULL, POD},
    {PODS POD "/crio-" ID ".scope", "cri-o", ID, UID, "crio-" ID ".scope", NULL, POD},
    {PODS POD "/crio-" ID ".scope/container", "cri-o", ID, UID, "crio-" ID ".scope", NULL, POD},
    {PODS POD "/crio-conmon-" ID ".scope", NULL, NULL, UID, "crio-conmon-" ID ".scope", NULL, POD},
    {PODS POD, NULL, NULL, UID, NULL, NULL, POD},
    {"/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-pod" UID_ESCAPED
     ".slice/cri-containerd-" ID ".scope",
     "containerd", ID, UID, "cri-containerd-" ID ".scope", NULL,
     "kubelet-kubepods-pod" UID_ESCAPED ".slice"},
    {"/kubepods/burstable/pod" UID "/" ID, NULL, ID, UID, NULL, NULL, NULL},
    {"/kubepods/pod" UID "/" ID, NULL, ID, UID, NULL, NULL, NULL},
    {"/kubepods/besteffort/pod" UID "/crio-" ID, "cri-o", ID, UID, NULL, NULL, NULL},
    {"/kubepods/pod0123456789abcdef0123456789abcdef/" ID, NULL, ID,
     "0123456789abcdef0123456789abcdef", NULL, NULL, NULL}, /* of a manifest */
    {"/kubepods-pod" UID_ESCAPED ".slice:cri-containerd:" ID, "containerd", ID, UID, NULL, NULL,
     NULL},
    {"/pod" UID "/" ID, NULL, ID, NULL, NULL, NULL, NULL}, /* not the kubelet's */
    /* containerd */
    {"/k8s.io/" ID, "containerd", ID, NULL, NULL, NULL, NULL},
    {"/default/" ID, "containerd", ID, NULL, NULL, NULL, NULL},
    {"/system.slice/nerdctl-" ID ".scope", "containerd", ID, NULL, "nerdctl-" ID ".scope", NULL,
     "system.slice"},
    /* podman and buildah */
    {"/machine.slice/libpod-" ID ".scope", "podman", ID, NULL, "libpod-" ID ".scope", NULL,
     "machine.slice"},
    {"/machine.slice/libpod-" ID ".scope/container", "podman", ID, NULL, "libpod-" ID ".scope",
     NULL, "machine.slice"},
    {"/machine.slice/libpod-conmon-" ID ".scope", NULL, NULL, NULL, "libpod-conmon-" ID ".scope",
     NULL, "machine.slice"},
    {"/machine.slice/machine-libpod_pod_" ID2 ".slice/libpod-" ID ".scope", "podman", ID, NULL,
     "libpod-" ID ".scope", NULL, "machine-libpod_pod_" ID2 ".slice"},
    {"/libpod_parent/libpod-" ID, "podman", ID, NULL, NULL, NULL, NULL},
    {"/libpod_parent/" ID2 "/libpod-" ID, "podman", ID, NULL, NULL, NULL, NULL},
    {"/libpod_parent/libpod-conmon-" ID, NULL, NULL, NULL, NULL, NULL, NULL},
    {"/system.slice/web.service/libpod-payload-" ID, "podman", ID, NULL, "web.service", NULL,
     "system.slice"}, /* --cgroups=split */
    {USER "user.slice/libpod-" ID ".scope/container", "podman", ID, NULL, "user@1000.service",
     "libpod-" ID ".scope", "user-1000.slice"},
    {"/machine.slice/buildah-buildah123456.scope", "buildah", "buildah123456", NULL,
     "buildah-buildah123456.scope", NULL, "machine.slice"},
    /* systemd's and libvirt's machines */
    {"/machine.slice/machine-web\\x2d1.scope/payload/system.slice/cron.service", NULL, "web-1",
     NULL, "machine-web\\x2d1.scope", NULL, "machine.slice"},
    {"/machine.slice/machine-web.scope/supervisor", NULL, NULL, NULL, "machine-web.scope", NULL,
     "machine.slice"},
    {"/machine.slice/systemd-nspawn@web.service/payload", "systemd-nspawn", "web", NULL,
     "systemd-nspawn@web.service", NULL, "machine.slice"},
    {"/machine.slice/systemd-nspawn@web.service/supervisor", NULL, NULL, NULL,
     "systemd-nspawn@web.service", NULL, "machine.slice"},
    {"/machine.slice/machine-lxc\\x2d77\\x2dweb.scope", "libvirt-lxc", "lxc-77-web", NULL,
     "machine-lxc\\x2d77\\x2dweb.scope", NULL, "machine.slice"},
    {"/machine.slice/machine-qemu\\x2d1\\x2dvm.scope/libvirt", NULL, NULL, NULL,
     "machine-qemu\\x2d1\\x2dvm.scope", NULL, "machine.slice"},
    {"/machine.slice/machine-..\\x2f..\\x2fetc.scope", NULL, NULL, NULL,
     "machine-..\\x2f..\\x2fetc.scope", NULL, "machine.slice"},
    {"/machine.slice/machine-a\\x2.scope", NULL, NULL, NULL, "machine-a\\x2.scope", NULL,
     "machine.slice"},
    /* lxc, LXD and Incus, Proxmox */
    {"/lxc.payload.web/init.scope", "lxc", "web", NULL, NULL, NULL, NULL},
    {"/lxc.payload/web", "lxc", "web", NULL, NULL, NULL, NULL},
    {"/lxc/101/ns/system.slice/cron.service", "lxc", "101", NULL, NULL, NULL, NULL},
    {"/lxc.monitor.web", NULL, NULL, NULL, NULL, NULL, NULL},
    {"/lxc.monitor/web", NULL, NULL, NULL, NULL, NULL, NULL},
    {"/lxc.payload.default_web", "lxc", "default_web", NULL, NULL, NULL, NULL},
    {"/lxc.payload..", NULL, NULL, NULL, NULL, NULL, NULL},
    /* Amazon's ECS */
    {"/ecs/0123456789abcdef0123456789abcdef/" ID, NULL, ID, NULL, NULL, NULL, NULL},
    {"/ecs/0123456789abcdef0123456789abcdef/0123456789abcdef0123456789abcdef-1234567890", NULL,
     "0123456789abcdef0123456789abcdef-1234567890", NULL, NULL, NULL, NULL},
    /* what runs in a container may call itself anything */
    {"/docker/" ID "/docker/" ID2, "docker", ID, NULL, NULL, NULL, NULL},
    {"/docker/" ID "/kubelet/kubepods/pod" UID "/" ID2, "docker", ID, NULL, NULL, NULL, NULL},
    {"/system.slice/docker-" ID ".scope/system.slice/cri-containerd-" ID2 ".scope", "docker", ID,
     NULL, "docker-" ID ".scope", NULL, "system.slice"},
    /* nearly */
    {"/docker/3f4e", NULL, NULL, NULL, NULL, NULL, NULL},
    {"/docker-" ID "0.scope", NULL, NULL, NULL, "docker-" ID "0.scope", NULL, NULL},
    {"/kubepods/podx/../" ID, NULL, ID, "x", NULL, NULL, NULL},
    {"//docker//" ID "//", "docker", ID, NULL, NULL, NULL, NULL},
};

static void check_text(const char *path, const char *what, const char *wanted, const char *found,
                       size_t length)
{
    if (!wanted ? length == 0 : strlen(wanted) == length && memcmp(wanted, found, length) == 0)
        return;
    fail_msg("%s: %s is \"%.*s\" and not \"%s\"", path, what, (int)length, found ? found : "",
             wanted ? wanted : "");
}

static void forms(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        const struct row *row = &rows[i];
        struct container_path found;
        const char *runtime;

        container_path_read(row->path, (uint32_t)strlen(row->path), &found);
        runtime = container_runtime_name(found.runtime);
        check_text(row->path, "runtime", row->runtime, runtime, runtime ? strlen(runtime) : 0);
        check_text(row->path, "id", row->id, found.id, strlen(found.id));
        check_text(row->path, "pod_uid", row->pod_uid, found.pod_uid, strlen(found.pod_uid));
        check_text(row->path, "unit", row->unit, found.unit, found.unit_length);
        check_text(row->path, "user_unit", row->user_unit, found.user_unit, found.user_unit_length);
        check_text(row->path, "slice", row->slice, found.slice, found.slice_length);
        assert_int_equal(found.is_users, strncmp(row->path, "/user.slice", 11) == 0);
    }
}

/* Each path is read where it ends, and nothing after it. */
static void beginnings(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
        for (uint32_t length = 0; length <= strlen(rows[i].path); length++) {
            char copy[512];
            struct container_path once, again;

            memset(copy, 'f', sizeof(copy));
            memcpy(copy, rows[i].path, length);
            container_path_read(rows[i].path, length, &once);
            container_path_read(copy, length, &again);
            assert_string_equal(once.id, again.id);
            assert_string_equal(once.pod_uid, again.pod_uid);
            assert_int_equal(once.unit_length, again.unit_length);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(forms), cmocka_unit_test(beginnings)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
