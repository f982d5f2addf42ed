# SPDX-License-Identifier: Apache-2.0
"""Whether all readers of layouts agree with the compiler: `layout.py [SEED] [COUNT]`.

Makes COUNT random structs, as odd as C allows, and compiles all of them into one program that says
where their members really are. Then reads the same structs by the three readers: from their C
text, from DWARF (gcc's and clang's for x86-64, clang's for BPF) and from BTF. Places, sizes, bits
and signs must be the compiler's; names of types and all else must be the same for every reader.
"""
import os
import random
import subprocess
import sys
import tempfile

READER = os.path.join(os.environ["RINGMILL_BIN"], "layout-reader")

# As the kernel's own headers have them; all other names come from the system's headers.
PREAMBLE = """
#include <linux/types.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>
typedef __u8 u8; typedef __u16 u16; typedef __u32 u32; typedef __u64 u64;
typedef __s8 s8; typedef __s16 s16; typedef __s32 s32; typedef __s64 s64;
typedef unsigned __int128 u128; typedef __int128 s128; typedef _Bool bool; typedef s64 ktime_t;
struct ringmill_text { __u16 offset, length; };
struct ringmill_texts { __u16 offset, length; };
"""

INTEGERS = {
    8: """char;signed char;unsigned char;__u8;__s8;u8;s8;uint8_t;int8_t;u_int8_t;u_char""",
    16: """short;short int;unsigned short;int short unsigned;__u16;__s16;u16;s16;uint16_t;int16_t;
        __be16;__le16;__sum16;u_int16_t;u_short;ushort;sa_family_t;in_port_t""",
    32: """int;signed;unsigned;unsigned int;__u32;__s32;u32;s32;uint32_t;int32_t;__be32;__le32;__wsum;
        pid_t;uid_t;gid_t;u_int32_t;u_int;uint;in_addr_t;socklen_t;__kernel_pid_t""",
    64: """long;long int;unsigned long;long unsigned int;long long;unsigned long long int;
        long long unsigned;signed long long;__u64;__s64;u64;s64;uint64_t;int64_t;__be64;__le64;size_t;
        ssize_t;ptrdiff_t;uintptr_t;intptr_t;u_int64_t;u_long;ulong;ktime_t;loff_t;ino_t""",
}
WIDTHS = {name.strip(): width for width, names in INTEGERS.items() for name in names.split(";")}
INTEGERS = list(WIDTHS)
WIDE = ["__int128", "unsigned __int128", "u128", "s128"]


class Group:
    """A struct or union: its C type and the places in it, relative: (path, expression, is_bits)."""

    def __init__(self, spelling, places):
        self.spelling = spelling
        self.places = places


class Maker:
    """One random struct with all that it needs, names all its own."""

    def __init__(self, rng, index):
        self.rng = rng
        self.prefix = f"t{index}"
        self.word = "union" if rng.randrange(20) == 0 else "struct"
        self.count = 0
        self.before = []  # declarations in front of the struct
        self.groups = []  # those with a tag that can be used again
        self.enums = []
        self.constants = []
        self.chars = {"char"}  # and what is a typedef of them

    def chance(self, percent):
        return self.rng.randrange(100) < percent

    def name(self, kind):
        self.count += 1
        return f"{self.prefix}_{kind}{self.count}"

    # ---- types without parts ----

    def enum(self):
        if self.enums and self.chance(50):
            return self.rng.choice(self.enums)
        tag, rng = self.name("e"), self.rng
        style = rng.choice(["plain", "plain", "negative", "wide", "wide negative", "packed", "shift"])
        values = {
            "plain": [None, None, rng.randrange(1000), None],
            "negative": [-rng.randrange(1, 1000), None, rng.randrange(1 << 30)],
            "wide": [1, rng.randrange(1 << 33, 1 << 62), None],
            "wide negative": [-1, rng.randrange(1 << 33, 1 << 62)],
            "packed": [None, rng.randrange(1, 200), None],
            "shift": ["1 << 3", "(1u << 31)", "0x10 | 'a'", "~0u - 1"],
        }[style]
        text = []
        for value in values:
            constant = self.name("C")
            small = isinstance(value, int) and 0 < value < 8
            if small:
                self.constants.append((constant, value))
            text.append(constant + ("" if value is None else f" = {value}"))
        packed = "__attribute__((packed)) " if style == "packed" and self.chance(50) else ""
        behind = " __attribute__((__packed__))" if style == "packed" and not packed else ""
        self.before.append(f"enum {packed}{tag} {{ {', '.join(text)} }}{behind};")
        self.enums.append(f"enum {tag}")
        return f"enum {tag}"

    def scalar(self, can_align=True):
        rng = self.rng
        kind = rng.randrange(100)
        if kind < 60:
            return rng.choice(INTEGERS)
        if kind < 68:
            return rng.choice(["bool", "_Bool", "float", "double"])
        if kind < 74:
            return rng.choice(WIDE)
        if kind < 86:
            return self.enum()
        return self.chain(rng.choice(INTEGERS), rng.randrange(1, 5), can_align)

    def chain(self, base, length, can_align):
        """Typedefs of typedefs. What is aligned by one can be no array's element."""
        for _ in range(length):
            alias = self.name("a")
            align = f" __attribute__((aligned({1 << self.rng.randrange(5)})))" \
                if can_align and self.chance(10) else ""
            self.before.append(f"typedef {base} {alias}{align};")
            if base in self.chars:
                self.chars.add(alias)
            base = alias
        return base

    def length(self):
        rng = self.rng
        if self.constants and self.chance(25):
            constant, value = rng.choice(self.constants)
            return constant
        value = rng.randrange(1, 6)
        return rng.choice([str(value), f"{value} + 1", f"1 << {value % 4}", f"({value} * 2) - 1",
                           "sizeof(int)", "sizeof(__u64) / 2", hex(value), f"{value}u", f"0{value}"])

    # ---- members; each returns (text, places) ----

    def aligned(self):
        if not self.chance(6):
            return ""
        align = 1 << self.rng.randrange(6)
        return self.rng.choice([f" __attribute__((aligned({align})))",
                                f" __attribute__((__aligned__({align}), unused))"])

    def plain(self):
        name, qualifier = self.name("m"), self.rng.choice(["", "", "", "const ", "volatile "])
        attribute = self.aligned() or (" __attribute__((packed))" if self.chance(4) else "")
        if self.chance(15):
            other = self.name("m")
            return f"{qualifier}{self.rng.choice(INTEGERS)} {name}, *{other};", \
                [(name, name, False), (other, other, False)]
        return f"{qualifier}{self.scalar()} {name}{attribute};", [(name, name, False)]

    def pointer(self):
        name = self.name("m")
        form = self.rng.choice(["void *{}", "const char *{}", f"{self.word} {self.prefix} *{{}}",
                                "int (*{})(int, const char *)", "const char *const *{}",
                                "__u32 (*{})[4]", "void (*{})(void (*)(int))"])
        return form.format(name) + ";", [(name, name, False)]

    def array(self):
        name, dimensions = self.name("m"), self.rng.choice([1, 1, 1, 2, 3])
        base = self.rng.choice(["char", "char", "unsigned char", "__u8", "signed char",
                                self.scalar(can_align=False)])
        pointer = self.chance(10)
        text = "".join(f"[{self.length()}]" for _ in range(dimensions))
        places = [(name, name, False)]
        for depth in range(1, dimensions + 1):
            if depth == dimensions and base in self.chars and not pointer:
                break
            places.append((name + "[]" * depth, name + "[0]" * depth, False))
        star = "*" if pointer else ""
        return f"{base} {star}{name}{text}{self.aligned()};", places

    def bits(self, packed):
        if self.chance(8):
            return f"{self.rng.choice(['int', 'unsigned', '__u8', 'u64', 'short'])} : 0;", []
        base = self.rng.choice(INTEGERS + ["bool"] * 8 + ["enum"] * 8)
        if base == "bool":
            width = 1
        elif base == "enum":
            base, width = self.enum(), self.rng.randrange(1, 8)
        else:
            # of one that fills its integer, clang's DWARF says neither width nor first bit
            width = self.rng.randrange(1, WIDTHS[base] + (not packed))
        if self.chance(10):
            return f"{base} : {width};", []
        name = self.name("b")
        # less than its type's alignment is ignored by clang, and not by gcc
        align = f" __attribute__((aligned({self.rng.choice([8, 16])})))" if self.chance(4) else ""
        return f"{base} {name} : {width}{align};", [(name, name, True)]

    def nested(self, depth):
        name = self.name("m")
        if self.groups and self.chance(40):
            group = self.rng.choice(self.groups)
        else:
            group = self.group(depth + 1, self.rng.choice(["tag", "inline", "alias"]))
        lengths, path, expression = "", name, name
        places = [(name, name, False)]
        for _ in range(self.rng.choice([0, 0, 1, 2])):
            lengths += f"[{self.length()}]"
            path, expression = path + "[]", expression + "[0]"
            places.append((path, expression, False))
        places += [(f"{path}.{p}", f"{expression}.{e}", b) for p, e, b in group.places]
        return f"{group.spelling} {name}{lengths}{self.aligned()};", places

    def unnamed(self, depth):
        group = self.group(depth + 1, "inline")  # a second aligned behind it gcc and clang read apart
        return f"{group.spelling};", group.places

    def text(self):
        name = self.name("m")
        return f"struct ringmill_text{self.rng.choice(['', 's'])} {name};", [(name, name, False)]

    def member(self, depth, packed):
        kind = self.rng.randrange(100)
        if kind < 30:
            return self.plain()
        if kind < 55:
            return self.bits(packed)
        if kind < 70:
            return self.array()
        if kind < 76:
            return self.pointer()
        if kind < 78:
            return self.text()
        if depth >= 4:
            return self.plain()
        return self.nested(depth) if kind < 91 else self.unnamed(depth)

    # ---- structs and unions ----

    def body(self, depth, packed):
        text, places = [], []
        for _ in range(self.rng.randrange(1, 9 if depth == 0 else 6)):
            line, more = self.member(depth, packed)
            text.append("    " * (depth + 1) + line)
            places += more
        if not places:
            name = self.name("m")
            text.append(f"__u32 {name};")
            places.append((name, name, False))
        return text, places

    def tail(self):
        """A flexible array; its places have no size of their own."""
        name = self.name("m")
        if self.groups and self.chance(30):
            group = self.rng.choice(self.groups)
            return f"{group.spelling} {name}[];", \
                [(name, name, None), (f"{name}[]", f"{name}[0]", False)] + \
                [(f"{name}[].{p}", f"{name}[0].{e}", b) for p, e, b in group.places]
        base = self.rng.choice(["char", "__u8", "__u64", "char", "struct ringmill_text"])
        length = self.rng.choice(["", "0"])
        places = [(name, name, None)]
        if base != "char":
            places.append((f"{name}[]", f"{name}[0]", False))
        return f"{base} {name}[{length}];", places

    def attributes(self):
        chosen = self.rng.choice([""] * 5 + ["packed", "packed", f"aligned({1 << self.rng.randrange(6)})",
                                             f"packed, aligned({1 << self.rng.randrange(4)})"])
        if not chosen:
            return "", ""
        text = f"__attribute__(({chosen}))"
        return ("", " " + text) if self.chance(50) else (text + " ", "")

    def group(self, depth, form):
        word = "union" if self.chance(25) else "struct"
        before, behind = self.attributes()
        text, places = self.body(depth, "packed" in before + behind)
        tag = self.name("s") if form == "tag" else ""
        lines = f"{word} {before}{tag} {{\n" + "\n".join(text) + "\n" + "    " * depth + "}" + behind
        if form == "inline":
            return Group(lines, places)
        if form == "tag":
            self.before.append(lines + ";")
            group = Group(f"{word} {tag}", places)
        else:
            alias = self.name("a")
            self.before.append(f"typedef {lines} {alias};")
            group = Group(self.chain(alias, self.rng.randrange(4), False), places)
        self.groups.append(group)
        return group

    def make(self):
        """(text, C's name of the type, its places)"""
        word = self.word
        before, behind = self.attributes()
        text, places = self.body(0, "packed" in before + behind)
        if word == "struct" and self.chance(25):
            line, more = self.tail()
            has_text = any("struct ringmill_text" in part for part in text + self.before)
            text.append("    " + line)
            if not (has_text and line.startswith("char")):  # where the texts live is no field
                places += more
        body = "{\n" + "\n".join(text) + "\n}" + behind
        if self.chance(10):
            what = f"typedef {word} {before}{body} {self.prefix};"
            # pointers to "struct tN" in it are to another struct, which C allows
            return "\n".join(self.before + [what]), self.prefix, places
        return "\n".join(self.before + [f"{word} {before}{self.prefix} {body};"]), \
            f"{word} {self.prefix}", places


def truth_program(types):
    """Prints "name path offset size" or "name path first-bit bits signed" of everything."""
    lines = [PREAMBLE, "#include <stdio.h>", "#include <string.h>", *(text for text, _, _ in types), """
static void bits(const char *type, const char *path, const unsigned char *at, size_t size, int is_signed)
{
    size_t first = 0, count = 0;
    for (size_t i = 0; i < 8 * size; i++)
        if (at[i / 8] >> i % 8 & 1) {
            first = count ? first : i;
            count++;
        }
    printf("%s\\t%s\\t%zu\\t%zu\\t%d\\n", type, path, first, count, is_signed);
}
#define PLACE(path, member) printf("%s\\t%s\\t%zu\\t%zu\\n", type, path, (size_t)((char *)&all.value.member - (char *)&all), sizeof(all.value.member));
#define TAIL(path, member) printf("%s\\t%s\\t%zu\\t0\\n", type, path, (size_t)((char *)&all.value.member - (char *)&all));
#define BITS(path, member) memset(&all, 0, sizeof(all)); all.value.member = -1; bits(type, path, (void *)&all, sizeof(all), all.value.member < 0);
"""]
    for index, (_, name, places) in enumerate(types):
        # with room behind the type for the first element of its flexible array
        lines.append(f"static void show_{index}(void) {{ static union {{ {name} value; "
                     f"char room[sizeof({name}) + 100000]; }} all; const char *type = \"{name}\";")
        lines.append('printf("%s\\t\\t%zu\\n", type, sizeof(all.value));')
        for path, expression, is_bits in places:
            macro = {True: "BITS", False: "PLACE", None: "TAIL"}[is_bits]
            lines.append(f'{macro}("{path}", {expression})')
        lines.append("}")
    lines.append("int main(void) {" + "".join(f"show_{i}();" for i in range(len(types))) + "}")
    return "\n".join(lines)


def parse_truth(output):
    """{type: (size, {path: (offset, size) or (first bit, bits, signed)})}"""
    truth = {}
    for line in output.splitlines():
        name, path, *numbers = line.split("\t")
        if not path:
            truth[name] = (int(numbers[0]), {})
        else:
            truth[name][1][path] = tuple(map(int, numbers))
    return truth


def parse_reader(output):
    """{type: (size, {path: [kind, offset, size, bits, shift, signed, count, stride, type, names]})}"""
    seen, fields = {}, None
    for line in output.splitlines():
        what, *cells = line.split("\t")
        if what == "T":
            fields = {}
            seen[cells[0]] = (int(cells[1]), fields)
        else:
            fields[cells[0]] = [*map(int, cells[1:9]), *cells[9:]]
    return seen


def is_doubtful(field):
    """Enums that clang 14 cannot say in BTF: with negative values, or of 64 bits."""
    values = [int(name.split("=")[1]) for name in field[9].split()]
    return any(value < 0 or value >= 1 << 31 for value in values)


def compare_truth(name, truth, seen, doubtful):
    """doubtful: paths whose sign does not count."""
    size, places = truth
    if size != seen[0]:
        yield f"{name}: sizeof is {size}, not {seen[0]}"
    for path in sorted(set(places) ^ set(seen[1])):
        yield f"{name}.{path}: {'not there' if path in places else 'should not be there'}"
    for path in sorted(set(places) & set(seen[1])):
        _, offset, length, bits, shift, signed, *_ = seen[1][path]
        mine = (offset, length)
        if len(places[path]) == 3:
            mine = (8 * offset + shift, bits or 8 * length, signed)
        if places[path][:2] != mine[:2] or (places[path] != mine and path not in doubtful):
            yield f"{name}.{path}: is at {places[path]}, not {mine}"
        if bits and length != (shift + bits + 7) // 8:
            yield f"{name}.{path}: touches not {length} bytes"


def compare_readers(name, one, other, doubtful):
    if one[0] != other[0]:
        yield f"{name}: sizes are {one[0]} and {other[0]}"
    for path in sorted(set(one[1]) | set(other[1])):
        a, b = one[1].get(path), other[1].get(path)
        if a and b and path in doubtful:
            a, b = a[1:5] + a[6:9], b[1:5] + b[6:9]
        if a != b:
            yield f"{name}.{path}: {a} and {b}"


def read(*arguments):
    done = subprocess.run([READER, *arguments], stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"layout-reader {arguments[0]} {arguments[1]} failed")
    return parse_reader(done.stdout)


def compile_all(folder, types):
    """The truth, and the files for the readers."""
    def path(name):
        return os.path.join(folder, name)

    def run(*command):
        subprocess.run([*command], check=True)

    # a struct's typedef has a struct of the same name beside it where it points to itself
    users = "\n".join(f"{name} *unused_{i};" for i, (_, name, _) in enumerate(types))
    with open(path("types.c"), "w", encoding="utf-8") as file:
        file.write(PREAMBLE + "\n".join(text for text, _, _ in types) + "\n" + users + "\n")
    with open(path("truth.c"), "w", encoding="utf-8") as file:
        file.write(truth_program(types))
    run("gcc", "-w", "-Wno-packed-bitfield-compat", "-O0", "-o", path("truth"), path("truth.c"))
    bpf = ["clang", "-w", "-target", "bpf", "-g", "-O2", "-D__x86_64__",
           f"-I/usr/include/{os.uname().machine}-linux-gnu", "-c"]
    run("gcc", "-w", "-Wno-packed-bitfield-compat", "-g", "-c", "-o", path("gcc.o"), path("types.c"))
    run("clang", "-w", "-g", "-gdwarf-4", "-c", "-o", path("clang.o"), path("types.c"))
    run(*bpf, "-gdwarf-4", "-o", path("bpf4.o"), path("types.c"))
    run(*bpf, "-gdwarf-5", "-o", path("bpf5.o"), path("types.c"))
    for index, (text, _, _) in enumerate(types):
        with open(path(f"{index}.txt"), "w", encoding="utf-8") as file:
            file.write(text + "\n")
    done = subprocess.run([path("truth")], stdout=subprocess.PIPE, text=True, check=True)
    return parse_truth(done.stdout)


def main():
    seed = int(sys.argv[1]) if len(sys.argv) > 1 else random.SystemRandom().randrange(1 << 32)
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 500
    print(f"seed {seed}")
    rng = random.Random(seed)
    types = [Maker(rng, index).make() for index in range(count)]
    names = [name for _, name, _ in types]
    folder = os.environ.get("RINGMILL_KEEP") or tempfile.mkdtemp()
    complaints = []
    try:
        truth = compile_all(folder, types)
        readers = {"C text": read("ctext", *(f"{folder}/{i}.txt" for i in range(count)))}
        for file in ("gcc.o", "clang.o", "bpf4.o", "bpf5.o"):
            readers[f"DWARF of {file}"] = read("dwarf", f"{folder}/{file}", *names)
        readers["BTF"] = read("btf", f"{folder}/bpf4.o", *names)
    finally:
        if not os.environ.get("RINGMILL_KEEP"):
            subprocess.run(["rm", "-rf", folder], check=True)
    for reader, seen in readers.items():
        for name in names:
            if reader == "BTF" and truth[name][0] >= 1 << 20:
                continue  # places of bitfields have 24 bits there
            text = readers["C text"][name]
            doubtful = {path for path, field in text[1].items()
                        if reader == "BTF" and is_doubtful(field)}
            complaints += [f"{reader}: {complaint}" for complaint in
                           compare_truth(name, truth[name], seen[name], doubtful)]
            complaints += [f"C text and {reader}: {complaint}" for complaint in
                           compare_readers(name, text, seen[name], doubtful)]
    print("\n".join(complaints[:50]))
    print(f"{count} structs, {sum(len(places) for _, places in truth.values())} places, "
          f"{len(complaints)} complaints")
    sys.exit(1 if complaints else 0)


main()
