# Runs operation sequences on the reference model of the address allocator (a Python file whose path is the first argument).
# Input: JSON list of sequences of [operation, number...]; output: per sequence the answers and the tree in pre-order.
import importlib.util
import json
import sys

spec = importlib.util.spec_from_file_location('model', sys.argv[1])
model = importlib.util.module_from_spec(spec)
spec.loader.exec_module(model)
sys.setrecursionlimit(10000)


def find(avl, base, size, overlapping=False):
    return avl.first().find(base, size, overlapping) if avl.first() else None


def step(avl, name, *numbers):
    if name == 'add':
        base, size = numbers
        if find(avl, base, size, True):
            return False
        avl.add_range(base, size)
        return True
    if name == 'remove':
        base, size = numbers
        while True:
            block = find(avl, base, size, True)
            if not block:
                return True
            start = max(base, block.a)
            avl.cut(block, start, min(base + size, block.a + block.s) - start)
    if name == 'alloc':
        size, align_log2, low, high = numbers
        block = avl.first().best(size, align_log2, low, high) if avl.first() else None
        if not block:
            return None
        mask = (1 << align_log2) - 1
        start = (max(block.a, low) + mask) & ~mask
        avl.cut(block, start, size)
        avl.add(start, size, True)
        return start
    if name == 'at':
        base, size = numbers
        return avl.first() is not None and avl.alloc_addr(size, base) is not None
    if name == 'free':
        block = find(avl, numbers[0], 1)
        if not block or not block.u:
            return False
        avl.free(numbers[0])
        return True
    raise ValueError(name)


def nodes(avl):
    saved = []

    def visit(node):
        if node is None:
            return -1
        position = len(saved)
        entry = dict(base=node.a, size=node.s, used=node.u, depth=node.d, max_avail=node.m, left=-1, right=-1)
        saved.append(entry)
        entry['left'] = visit(node.c[0])
        entry['right'] = visit(node.c[1])
        return position

    visit(avl.first())
    return saved


answers = []
for sequence in json.load(sys.stdin):
    avl = model.Avl()
    results = [step(avl, *operation) for operation in sequence]
    answers.append(dict(results=results, nodes=nodes(avl)))
json.dump(answers, sys.stdout)
