# SPDX-License-Identifier: Apache-2.0
"""All objects of tests/bpf/styles by their truths (tests/live/truths), and some of them as other
compilers and tools make them."""
import os

import harness
import truths
from truths import hooks, network, records, refusals, scenes, types, values  # they register theirs

VARIANTS = os.path.join(os.path.dirname(os.path.abspath(harness.BIN)), "variants")
# variant_sample in tests/styles.cmake
SAMPLE = ("argv", "core_reads", "dynptr", "enums", "kept", "local_type", "named_bits", "nested",
          "one_kept_of_two", "short_text", "tc_flows", "typed_map", "uprobe_named")


def names(*kinds):
    return sorted(name for name, entry in truths.STYLES.items() if entry.scene in kinds)


def test_marks():
    truths.run(names(scenes.marks))


def test_deeds():
    truths.run(names(scenes.deeds, scenes.busy, scenes.threads))


def test_user_programs():
    truths.run(names(scenes.texts, scenes.calls))


def test_network():
    truths.run(names(scenes.wire, scenes.loopback, scenes.connection, scenes.group))


def test_refusals():
    truths.run(names(None))


def test_what_users_must_say():
    """Each object has a truth, and nine of ten need no more than one option."""
    assert truths.objects() == sorted(truths.STYLES), (
        "objects without a truth, or truths without an object: "
        f"{set(truths.objects()) ^ set(truths.STYLES)}")
    usable = [entry for entry in truths.STYLES.values() if not entry.refusal]
    needs = [len(entry.options) for entry in usable]
    few = sum(number <= 1 for number in needs)
    print(f"{len(truths.STYLES)} styles, {len(truths.STYLES) - len(usable)} of them refused; of the "
          f"others {needs.count(0)} need no option, {needs.count(1)} one, {len(usable) - few} more: "
          f"{100 * few / len(usable):.0f} % no more than one")
    assert len(truths.STYLES) >= 60 and few >= 0.9 * len(usable)


def run_variant(variant, chosen):
    """These styles as the variant has them; nothing if this machine lacks what makes it."""
    folder = os.path.join(VARIANTS, variant)
    if not os.path.isdir(folder):
        return
    if variant == "no_debug":  # clang itself refuses to compile CO-RE without -g
        made = {name[:-len(".bpf.o")] for name in os.listdir(folder)}
        assert made, folder
        chosen = [name for name in chosen if name in made]
    truths.run(chosen, folder, variant)


def test_variants():
    for variant in truths.VARIANTS:
        run_variant(variant, SAMPLE)


if __name__ == "__main__":
    harness.main()
