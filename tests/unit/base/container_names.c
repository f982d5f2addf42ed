// SPDX-License-Identifier: Apache-2.0

/* Trees as each runtime makes them, with what of their files matters here and some of what does
 * not; docs/containers.md says where each format is documented. */

#include "base/container_names.h"

#include <errno.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define ID      "3f4e0c5d6b7a89900112233445566778899aabbccddeeff00112233445566778"
#define ID2     "ffff0c5d6b7a89900112233445566778899aabbccddeeff00112233445566778"
#define POD_UID "7d0c2c5e-91aa-4a57-bb4e-6d3d7e5f0a11"
#define POD     "/kubepods.slice/kubepods-pod7d0c2c5e_91aa_4a57_bb4e_6d3d7e5f0a11.slice/"

static const int64_t ns_per_second = 1000000000;

static char root[64];

static int remove_one(const char *path, const struct stat *info, int kind, struct FTW *place)
{
    (void)info;
    (void)kind;
    (void)place;
    return remove(path);
}

static int begin(void **state)
{
    (void)state;
    strcpy(root, "/tmp/ringmill-containers.XXXXXX");
    return mkdtemp(root) ? 0 : -1;
}

static int end(void **state)
{
    (void)state;
    return nftw(root, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static void place_of(const char *name, char path[512])
{
    snprintf(path, 512, "%s/%s", root, name);
    for (char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdir(path, 0755);
        *slash = '/';
    }
}

static void put(const char *name, const char *text)
{
    char path[512];
    FILE *file;

    place_of(name, path);
    file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void check(struct container_names *names, int64_t now, const char *path,
                  enum container_name which, const char *wanted)
{
    char name[CONTAINER_TEXT_MAX + 1] = "";
    bool is_final;
    int length =
        container_names_find(names, which, path, (uint32_t)strlen(path), now, name, &is_final);

    if (length >= 0)
        name[length] = '\0';
    if (!wanted ? length == -ENOENT : length >= 0 && strcmp(name, wanted) == 0)
        return;
    fail_msg("%s: name %d is \"%s\" (%d) and not \"%s\"", path, (int)which, name, length,
             wanted ? wanted : "");
}

/* The names that files give. */
struct wanted {
    const char *runtime, *pod_uid, *pod, *namespace, *container, *image;
};

static void check_all(const char *path, const struct wanted *wanted)
{
    struct container_names *names = container_names_new(root);

    assert_non_null(names);
    check(names, 1, path, CONTAINER_NAME_RUNTIME, wanted->runtime);
    check(names, 1, path, CONTAINER_NAME_POD_UID, wanted->pod_uid);
    check(names, 1, path, CONTAINER_NAME_POD, wanted->pod);
    check(names, 1, path, CONTAINER_NAME_NAMESPACE, wanted->namespace);
    check(names, 1, path, CONTAINER_NAME_CONTAINER, wanted->container);
    check(names, 1, path, CONTAINER_NAME_IMAGE, wanted->image);
    container_names_free(names);
}

static void docker(void **state)
{
    (void)state;
    put("var/lib/docker/containers/" ID "/config.v2.json",
        "{\"StreamConfig\":{},\"State\":{\"Running\":true,\"Pid\":4242},\"ID\":\"" ID "\","
        "\"Created\":\"2024-05-01T10:00:00Z\",\"Path\":\"nginx\",\"Args\":[\"-g\",\"daemon off;\"],"
        "\"Config\":{\"Hostname\":\"3f4e0c5d6b7a\",\"Image\":\"nginx:1.25\",\"Labels\":"
        "{\"maintainer\":\"NGINX Docker Maintainers\"}},\"Image\":\"sha256:aa\","
        "\"Name\":\"/web\",\"Driver\":\"overlay2\"}");
    check_all("/system.slice/docker-" ID ".scope",
              &(struct wanted){"docker", NULL, NULL, NULL, "web", "nginx:1.25"});
    check_all("/docker/" ID, &(struct wanted){"docker", NULL, NULL, NULL, "web", "nginx:1.25"});
    /* --cgroup-parent: the files say whose it is */
    check_all("/build/" ID, &(struct wanted){"docker", NULL, NULL, NULL, "web", "nginx:1.25"});
    /* another one */
    check_all("/docker/" ID2, &(struct wanted){"docker", NULL, NULL, NULL, NULL, NULL});
    /* a user may call his cgroups what he likes */
    check_all("/user.slice/user-1000.slice/user@1000.service/docker-" ID ".scope",
              &(struct wanted){"docker", NULL, NULL, NULL, NULL, NULL});
}

static void docker_by_the_kubelet(void **state)
{
    (void)state;
    put("var/lib/docker/containers/" ID "/config.v2.json",
        "{\"ID\":\"" ID "\",\"Config\":{\"Image\":\"sha256:bb\",\"Labels\":{"
        "\"io.kubernetes.container.name\":\"nginx\",\"io.kubernetes.docker.type\":\"container\","
        "\"io.kubernetes.pod.name\":\"web-5d8f\",\"io.kubernetes.pod.namespace\":\"shop\","
        "\"io.kubernetes.pod.uid\":\"" POD_UID "\"}},"
        "\"Name\":\"/k8s_nginx_web-5d8f_shop_" POD_UID "_0\"}");
    check_all("/kubepods/burstable/pod" POD_UID "/" ID,
              &(struct wanted){"docker", POD_UID, "web-5d8f", "shop", "nginx", "sha256:bb"});
    check_all(POD "docker-" ID ".scope",
              &(struct wanted){"docker", POD_UID, "web-5d8f", "shop", "nginx", "sha256:bb"});
}

#define BUNDLE                                                                       \
    "{\"ociVersion\":\"1.1.0\",\"process\":{\"args\":[\"nginx\"]},\"annotations\":{" \
    "\"io.kubernetes.cri.container-name\":\"nginx\","                                \
    "\"io.kubernetes.cri.container-type\":\"container\","                            \
    "\"io.kubernetes.cri.image-name\":\"docker.io/library/nginx:1.25\","             \
    "\"io.kubernetes.cri.sandbox-id\":\"" ID2                                        \
    "\",\"io.kubernetes.cri.sandbox-name\":\"web-5d8f\","                            \
    "\"io.kubernetes.cri.sandbox-namespace\":\"shop\","                              \
    "\"io.kubernetes.cri.sandbox-uid\":\"" POD_UID "\"}}"

static const struct wanted of_bundle = {"containerd", POD_UID, "web-5d8f",
                                        "shop",       "nginx", "docker.io/library/nginx:1.25"};

static void containerd(void **state)
{
    (void)state;
    put("run/containerd/io.containerd.runtime.v2.task/k8s.io/" ID "/config.json", BUNDLE);
    check_all(POD "cri-containerd-" ID ".scope", &of_bundle);
    check_all("/kubepods/burstable/pod" POD_UID "/" ID, &of_bundle);
    check_all("/k8s.io/" ID, &of_bundle);
}

static void containerd_of_k3s(void **state)
{
    (void)state;
    put("run/k3s/containerd/io.containerd.runtime.v2.task/k8s.io/" ID "/config.json", BUNDLE);
    check_all(POD "cri-containerd-" ID ".scope", &of_bundle);
}

/* The sandbox of a pod has no name of its own. */
static void sandbox(void **state)
{
    (void)state;
    put("run/containerd/io.containerd.runtime.v2.task/k8s.io/" ID "/config.json",
        "{\"annotations\":{\"io.kubernetes.cri.container-type\":\"sandbox\","
        "\"io.kubernetes.cri.sandbox-name\":\"web-5d8f\","
        "\"io.kubernetes.cri.sandbox-namespace\":\"shop\"}}");
    check_all(POD "cri-containerd-" ID ".scope",
              &(struct wanted){"containerd", POD_UID, "web-5d8f", "shop", NULL, NULL});
}

static void nerdctl(void **state)
{
    (void)state;
    put("run/containerd/io.containerd.runtime.v2.task/default/" ID "/config.json",
        "{\"annotations\":{\"nerdctl/name\":\"web\",\"nerdctl/namespace\":\"default\"}}");
    check_all("/system.slice/nerdctl-" ID ".scope",
              &(struct wanted){"containerd", NULL, NULL, NULL, "web", NULL});
    check_all("/default/" ID, &(struct wanted){"containerd", NULL, NULL, NULL, "web", NULL});
}

static void crio(void **state)
{
    (void)state;
    put("run/containers/storage/overlay-containers/" ID "/userdata/config.json",
        "{\"annotations\":{\"io.container.manager\":\"cri-o\",\"io.kubernetes.container.name\":"
        "\"nginx\",\"io.kubernetes.cri-o.ContainerType\":\"container\","
        "\"io.kubernetes.cri-o.ImageName\":\"docker.io/library/nginx:1.25\","
        "\"io.kubernetes.cri-o.Image\":\"dd\",\"io.kubernetes.pod.name\":\"web-5d8f\","
        "\"io.kubernetes.pod.namespace\":\"shop\",\"io.kubernetes.pod.uid\":\"" POD_UID "\"}}");
    put("var/lib/containers/storage/overlay-containers/containers.json",
        "[{\"id\":\"" ID "\",\"names\":[\"k8s_nginx_web-5d8f_shop_0\"],\"metadata\":"
        "\"{\\\"pod-name\\\":\\\"k8s_web-5d8f_shop_0\\\",\\\"image-name\\\":\\\"other\\\","
        "\\\"name\\\":\\\"k8s_nginx\\\",\\\"metadata-name\\\":\\\"nginx\\\"}\"}]");
    check_all(POD "crio-" ID ".scope", &(struct wanted){"cri-o", POD_UID, "web-5d8f", "shop",
                                                        "nginx", "docker.io/library/nginx:1.25"});
    check_all("/kubepods/pod" POD_UID "/crio-" ID,
              &(struct wanted){"cri-o", POD_UID, "web-5d8f", "shop", "nginx",
                               "docker.io/library/nginx:1.25"});
}

#define STORED(id, name)                                                                 \
    "{\"id\":\"" id "\",\"names\":[\"" name "\"],\"image\":\"d7af\",\"layer\":\"67b0\"," \
    "\"metadata\":\"{\\\"image-name\\\":\\\"docker.io/library/nginx:1.25\\\","           \
    "\\\"image-id\\\":\\\"d7af\\\",\\\"name\\\":\\\"" name                               \
    "\\\",\\\"created-at\\\":1700000000}\","                                             \
    "\"created\":\"2024-05-01T10:00:00Z\"}"

static void podman(void **state)
{
    const struct wanted web = {"podman", NULL, NULL, NULL, "web", "docker.io/library/nginx:1.25"};

    (void)state;
    put("run/containers/storage/overlay-containers/" ID "/userdata/config.json",
        "{\"ociVersion\":\"1.0.2\",\"hostname\":\"3f4e\",\"annotations\":"
        "{\"io.container.manager\":\"libpod\"}}");
    put("var/lib/containers/storage/overlay-containers/containers.json",
        "[" STORED(ID2, "other") "," STORED(ID, "web") "]");
    check_all("/machine.slice/libpod-" ID ".scope/container", &web);
    check_all("/libpod_parent/libpod-" ID, &web);
    check_all("/system.slice/web.service/libpod-payload-" ID, &web);
}

/* podman run --rm */
static void podman_volatile(void **state)
{
    (void)state;
    put("var/lib/containers/storage/vfs-containers/containers.json", "[]");
    put("run/containers/storage/vfs-containers/volatile-containers.json",
        "[" STORED(ID, "web") "]");
    put("var/lib/containers/storage/vfs-containers/volatile-containers.json",
        "[" STORED(ID2, "other") "]");
    check_all("/machine.slice/libpod-" ID ".scope",
              &(struct wanted){"podman", NULL, NULL, NULL, "web", "docker.io/library/nginx:1.25"});
    check_all(
        "/machine.slice/libpod-" ID2 ".scope",
        &(struct wanted){"podman", NULL, NULL, NULL, "other", "docker.io/library/nginx:1.25"});
}

/* Where no file of the runtime can be read. */
static void kubelet(void **state)
{
    char path[512];

    (void)state;
    place_of("var/log/containers/web-5d8f_shop_nginx-" ID ".log", path);
    assert_int_equal(symlink("/var/log/pods/shop_web-5d8f_" POD_UID "/nginx/0.log", path), 0);
    put("var/log/containers/junk", "");
    put("var/log/containers/a-" ID ".log", "");
    put("var/log/pods/shop_web-5d8f_" POD_UID "/nginx/0.log", "");
    put("var/log/pods/_" POD_UID "/x", "");
    check_all(POD "cri-containerd-" ID ".scope",
              &(struct wanted){"containerd", POD_UID, "web-5d8f", "shop", "nginx", NULL});
    /* of the pod only its folder is there */
    check_all(POD "cri-containerd-" ID2 ".scope",
              &(struct wanted){"containerd", POD_UID, "web-5d8f", "shop", NULL, NULL});
    check_all(POD, &(struct wanted){NULL, POD_UID, "web-5d8f", "shop", NULL, NULL});
}

static void machines(void **state)
{
    (void)state;
    put("run/systemd/machines/web",
        "# This is private data. Do not parse.\nNAME=web\nSCOPE=machine-web.scope\n"
        "SERVICE=systemd-nspawn\nROOT=/var/lib/machines/web\nLEADER=4242\nCLASS=container\n");
    put("run/systemd/machines/vm", "NAME=vm\nSERVICE=systemd-vmspawn\nCLASS=vm\n");
    put("run/systemd/machines/lxc-7-db", "NAME=lxc-7-db\nSERVICE=libvirt-lxc\nCLASS=container\n");
    check_all("/machine.slice/machine-web.scope/payload",
              &(struct wanted){"systemd-nspawn", NULL, NULL, NULL, "web", NULL});
    check_all("/machine.slice/machine-lxc\\x2d7\\x2ddb.scope",
              &(struct wanted){"libvirt-lxc", NULL, NULL, NULL, "lxc-7-db", NULL});
    check_all("/machine.slice/machine-vm.scope", &(struct wanted){0});
    check_all("/machine.slice/systemd-nspawn@web.service/payload",
              &(struct wanted){"systemd-nspawn", NULL, NULL, NULL, "web", NULL});
    check_all("/lxc.payload.web", &(struct wanted){"lxc", NULL, NULL, NULL, "web", NULL});
    check_all("/system.slice/cron.service", &(struct wanted){0});
}

/* What is said comes later, changes, and stays when its file goes. */
static void over_time(void **state)
{
    const char *path = "/docker/" ID, *file = "var/lib/docker/containers/" ID "/config.v2.json";
    struct container_names *names = container_names_new(root);
    char place[512];

    (void)state;
    check(names, 10 * ns_per_second, path, CONTAINER_NAME_CONTAINER, NULL);
    put(file, "{\"Name\":\"/web\"}");
    check(names, 10 * ns_per_second + 1, path, CONTAINER_NAME_CONTAINER, NULL);
    check(names, 11 * ns_per_second, path, CONTAINER_NAME_CONTAINER, "web");
    put(file, "{\"Name\":\"/renamed\"}");
    check(names, 12 * ns_per_second, path, CONTAINER_NAME_CONTAINER, "web");
    check(names, 71 * ns_per_second, path, CONTAINER_NAME_CONTAINER, "renamed");
    place_of(file, place);
    assert_int_equal(unlink(place), 0);
    check(names, 140 * ns_per_second, path, CONTAINER_NAME_CONTAINER, "renamed");
    container_names_free(names);
}

/* Files that are not what they should be, at all places that are looked at. */
static void spoil(const char *name)
{
    static const char *const texts[] = {
        "",
        "{",
        "[]",
        "7",
        "{\"Name\":7,\"Config\":[],\"annotations\":\"x\"}",
        "{\"Name\":\"\",\"Config\":{\"Image\":null,\"Labels\":7}}",
        "[{\"id\":7},{\"id\":\"" ID "\",\"metadata\":\"{\",\"names\":{}},7]",
        "[{\"id\":\"" ID "\",\"metadata\":7,\"names\":[7]}]",
        "{\"Name\":\"\\u0000/x\"}",
        "{\"Name\":\"\xff\xfe\"}",
    };
    char path[512], deep[9000], long_name[CONTAINER_TEXT_MAX + 40];

    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
        put(name, texts[i]);
        check_all("/docker/" ID, &(struct wanted){.runtime = "docker"});
        check_all("/libpod_parent/libpod-" ID, &(struct wanted){.runtime = "podman"});
        check_all("/k8s.io/" ID, &(struct wanted){.runtime = "containerd"});
    }
    memset(deep, '[', sizeof(deep) - 1);
    deep[sizeof(deep) - 1] = '\0';
    put(name, deep);
    check_all("/docker/" ID, &(struct wanted){.runtime = "docker"});
    snprintf(long_name, sizeof(long_name), "{\"Name\":\"/%0*d\"}", CONTAINER_TEXT_MAX + 1, 0);
    put(name, long_name);
    check_all("/docker/" ID, &(struct wanted){.runtime = "docker"});
    place_of(name, path);
    assert_int_equal(truncate(path, (off_t)CONTAINER_STATE_BYTES + 1), 0);
    check_all("/docker/" ID, &(struct wanted){.runtime = "docker"});
    unlink(path);
    assert_int_equal(mkfifo(path, 0600), 0); /* nobody writes: an open would wait */
    check_all("/docker/" ID, &(struct wanted){.runtime = "docker"});
    unlink(path);
    assert_int_equal(mkdir(path, 0755), 0);
    check_all("/docker/" ID, &(struct wanted){.runtime = "docker"});
    rmdir(path);
    assert_int_equal(symlink(path, path), 0);
    check_all("/docker/" ID, &(struct wanted){.runtime = "docker"});
    unlink(path);
}

static void hostile(void **state)
{
    (void)state;
    spoil("var/lib/docker/containers/" ID "/config.v2.json");
    spoil("run/containerd/io.containerd.runtime.v2.task/k8s.io/" ID "/config.json");
    spoil("var/lib/containers/storage/overlay-containers/containers.json");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(docker, begin, end),
        cmocka_unit_test_setup_teardown(docker_by_the_kubelet, begin, end),
        cmocka_unit_test_setup_teardown(containerd, begin, end),
        cmocka_unit_test_setup_teardown(containerd_of_k3s, begin, end),
        cmocka_unit_test_setup_teardown(sandbox, begin, end),
        cmocka_unit_test_setup_teardown(nerdctl, begin, end),
        cmocka_unit_test_setup_teardown(crio, begin, end),
        cmocka_unit_test_setup_teardown(podman, begin, end),
        cmocka_unit_test_setup_teardown(podman_volatile, begin, end),
        cmocka_unit_test_setup_teardown(kubelet, begin, end),
        cmocka_unit_test_setup_teardown(machines, begin, end),
        cmocka_unit_test_setup_teardown(over_time, begin, end),
        cmocka_unit_test_setup_teardown(hostile, begin, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
