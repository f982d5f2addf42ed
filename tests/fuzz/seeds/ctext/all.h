/* a little of everything */
#define N 4
enum state { IDLE, BUSY = N, GONE = 1 << 5, FAR = 0x100000000 };
enum __attribute__((packed)) small { A = 'a', B };
typedef unsigned int id_t, *id_p;
typedef struct key { __be32 addr[4]; u16 port; } __attribute__((packed)) key_t;
union value { u64 number; char text[8]; float ratio; };
struct event {
    const volatile __u64 ktime; // when
    enum state state;
    unsigned long long int flags : 3, : 0, more : 60;
    bool ok : 1;
    struct { int a; union { s8 b; double c; }; };
    key_t keys[N * 2 - 1][sizeof(id_t)];
    void (*call)(int, const char *), *p, *const *q;
    __int128 wide __attribute__((aligned(32)));
    struct ringmill_text path;
    union value v;
    struct event *next;
    char data[];
};
