// SPDX-License-Identifier: Apache-2.0

/* family TREES NODES SEED [hold]: random trees of processes, one tree after the other, each process
 * with a random name, which it may change after it has forked. Some end before their children,
 * which then wait until they have another parent. All end when nobody above them will change its
 * name any more, so what the kernel knew of them at their end is what is printed, a line for each:
 *
 *     TREE NODE PARENT PID NAME         PARENT: a node, or -1; NAME in hexadecimal
 *
 * hold: a process ends only when standard input has ended; "held" is printed when all are there. */

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { NAME_SIZE = 16, DEPTH_MAX = 12, NODES_MAX = 1000 };

struct node {
    int parent;
    int depth;
    _Bool leaves; /* does not wait for its children */
    _Bool renames;
    char name[2][NAME_SIZE]; /* at first, and after it has forked */
    atomic_int pid;
    atomic_int is_settled; /* it has its last name */
};

struct tree {
    atomic_int may_end;
    atomic_int n_settled;
    struct node nodes[NODES_MAX];
};

static struct tree *tree;
static int n_nodes;

/* Names of 0 to 15 bytes of any kind. The number makes most of them unlike any other. */
static void make_name(char name[NAME_SIZE], int number)
{
    int length = rand() % 10 == 0 ? 0 : snprintf(name, NAME_SIZE, "%d", number);

    while (length < NAME_SIZE - 1 && rand() % 4 > 0)
        name[length++] = (char)(rand() % 255 + 1);
    name[length] = '\0';
}

static void make_tree(void)
{
    memset(tree, 0, sizeof(*tree));
    for (int i = 0; i < n_nodes; i++) {
        struct node *node = &tree->nodes[i];
        int parent = i == 0 ? -1 : rand() % 2 ? i - 1 : rand() % i;

        while (parent > 0 && tree->nodes[parent].depth + 1 >= DEPTH_MAX)
            parent = tree->nodes[parent].parent;
        node->parent = parent;
        node->depth = parent < 0 ? 0 : tree->nodes[parent].depth + 1;
        node->leaves = parent >= 0 && rand() % 2;
        node->renames = rand() % 4 == 0;
        make_name(node->name[0], i);
        make_name(node->name[1], i);
    }
}

static void wait_until(const atomic_int *value, int wanted)
{
    while (atomic_load(value) < wanted)
        usleep(200);
}

static void live(int number);

static void start(int number)
{
    pid_t pid = fork();

    if (pid < 0)
        abort();
    if (pid == 0)
        live(number);
}

static void live(int number)
{
    struct node *node = &tree->nodes[number];
    const struct node *parent = node->parent < 0 ? NULL : &tree->nodes[node->parent];

    atomic_store(&node->pid, getpid());
    prctl(PR_SET_NAME, node->name[0]);
    for (int i = number + 1; i < n_nodes; i++)
        if (tree->nodes[i].parent == number)
            start(i);
    if (node->renames)
        prctl(PR_SET_NAME, node->name[1]);
    atomic_fetch_add(&tree->n_settled, 1);
    wait_until(&tree->n_settled, n_nodes);
    wait_until(&tree->may_end, 1);
    while (parent && parent->leaves && getppid() == atomic_load(&parent->pid))
        usleep(200);
    while (!node->leaves && wait(NULL) > 0)
        ;
    _exit(0);
}

static void print_tree(int number)
{
    for (int i = 0; i < n_nodes; i++) {
        const struct node *node = &tree->nodes[i];
        const char *name = node->name[node->renames];

        printf("%d %d %d %d ", number, i, node->parent, atomic_load(&node->pid));
        for (; *name; name++)
            printf("%02x", (unsigned char)*name);
        printf("\n");
    }
}

int main(int argc, char **argv)
{
    _Bool hold = argc > 4;
    int trees;

    if (argc < 4)
        return 2;
    trees = atoi(argv[1]);
    n_nodes = atoi(argv[2]);
    if (n_nodes < 1 || n_nodes > NODES_MAX)
        return 2;
    srand((unsigned)atoi(argv[3]));
    tree = mmap(NULL, sizeof(*tree), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (tree == MAP_FAILED || prctl(PR_SET_CHILD_SUBREAPER, 1) < 0)
        return 1;
    for (int i = 0; i < trees; i++) {
        make_tree();
        atomic_store(&tree->may_end, !hold);
        fflush(stdout);
        start(0);
        wait_until(&tree->n_settled, n_nodes);
        if (hold) {
            printf("held\n");
            fflush(stdout);
            while (getchar() != EOF)
                ;
            atomic_store(&tree->may_end, 1);
        }
        while (wait(NULL) > 0)
            ;
        print_tree(i);
    }
    return 0;
}
