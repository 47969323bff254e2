"""Broken plans: what a broken overlay would lead to. Each must be told from the right one by the comparison.

A mutant takes a plan and the tree after the run, and gives the broken plan, or None where it has nothing to break.
"""
import copy


def first(plan, effect, where=lambda step: True):
    return next((index for index, step in enumerate(plan) if step["effect"] == effect and where(step)), None)


def last(plan, effect):
    index = first(plan[::-1], effect)
    return None if index is None else len(plan) - 1 - index


def without(find):
    def mutant(plan, after, root):
        index = find(plan)
        return None if index is None else plan[:index] + plan[index + 1:]
    return mutant


def changed(effect, change):
    def mutant(plan, after, root):
        # What a later step moves or removes may hide the change.
        index = first(plan, effect, lambda step: step.get("to", step.get("path"))[len(root) + 1:].encode(
            "utf-8", "surrogateescape") in after)
        if index is None:
            return None
        broken = copy.deepcopy(plan)
        return broken if change(broken[index]) is not False else None
    return mutant


def set_mode(step):
    step["mode"] = format(int(step["mode"], 8) ^ 0o100, "o")


def set_key(key, value):
    def change(step):
        step[key] = value(step[key])
    return change


def forgets_times(step):
    # An empty file's time is that of its making, and is not compared.
    if not step.get("bytes"):
        return False
    step["preserve"] = False


def survivor(kind):
    def mutant(plan, after, root):
        for name in sorted(after):
            fact = after[name]
            if fact["kind"] == kind and (kind != "directory" or not any(n.startswith(name + b"/") for n in after)):
                effect = "remove directory" if kind == "directory" else "remove"
                return plan + [{"effect": effect, "path": root + "/" + name.decode("utf-8", "surrogateescape")}]
        return None
    return mutant


def twice(plan, after, root):
    index = first(plan, "remove")
    return None if index is None else plan + [plan[index]]


def linked(plan, after, root):
    """One name of a file with several is taken away."""
    for name in sorted(after):
        if len(after[name].get("names", [])) > 1:
            return plan + [{"effect": "remove", "path": root + "/" + name.decode("utf-8", "surrogateescape")}]
    return None


# Overlays that are wrong in one thing each, which a debug binary makes (BrokenOverlay.swift).
OVERLAYS = [
    "forgetsRemovals", "forgetsRemovedDirectories", "forgetsNewFiles", "losesNames", "repeatsNames",
    "forgetsMoves", "movesWithoutLeaving", "followsLinks", "seesOneName",
    "seesLinksAsFiles", "doublesSizes", "seesOlder", "seesYounger", "seesReadable", "seesOwn",
    "seesUnwritable", "makesOtherModes", "makesOtherOwners", "makesLarger", "makesEmpty", "losesOddNames",
    "hidesTargets", "neverFull", "alwaysFull", "freesNothing", "usageAsItIs",
]

MUTANTS = {
    "forgets the first removal": without(lambda plan: first(plan, "remove")),
    "forgets the last removal": without(lambda plan: last(plan, "remove")),
    "forgets that a directory goes": without(lambda plan: last(plan, "remove directory")),
    "forgets a rename": without(lambda plan: last(plan, "rename")),
    "forgets the first rename": without(lambda plan: first(plan, "rename")),
    "forgets what is created": without(lambda plan: first(plan, "create")),
    "forgets a compressed file": without(lambda plan: first(plan, "compress")),
    "forgets a copy": without(lambda plan: first(plan, "copy")),
    "forgets a truncation": without(lambda plan: first(plan, "truncate", lambda step: step.get("bytes", 1))),
    "forgets an archive": without(lambda plan: first(plan, "archive")),
    "renames to another name": changed("rename", set_key("to", lambda text: text + "x")),
    "gives what is created another mode": changed("create", set_mode),
    "gives what is compressed another mode": changed("compress", set_mode),
    "gives what is compressed the time of now": changed("compress", forgets_times),
    "truncates to one byte": changed("truncate", set_key("size", lambda size: size + 1)),
    "takes a file that stays": survivor("file"),
    "takes a link that stays": survivor("link"),
    "takes a FIFO that stays": survivor("fifo"),
    "takes an empty directory that stays": survivor("directory"),
    "takes one name of a file with several": linked,
    "sees a removed file again": twice,
}
