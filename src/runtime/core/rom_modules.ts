// ROM modules that core knows by name, and their listing as the boot console shows it.
// Source modelled: genode-16.08-abi.md 5.2 (":rom_fs:", a tree ordered by name, printed node, left, right).

import { hex } from '../../emu/numbers.ts';
import { type BootModule, KIP_PAGE } from './board_memory.ts';

interface Node {
  readonly module: BootModule;
  readonly left: Node | null;
  readonly right: Node | null;
  readonly depth: number;
}

const depth = (node: Node | null): number => node?.depth ?? 0;

function node(module: BootModule, left: Node | null, right: Node | null): Node {
  return { module, left, right, depth: Math.max(depth(left), depth(right)) + 1 };
}

function balanced({ module, left, right }: Node): Node {
  const lean = depth(right) - depth(left);
  if (lean >= 2 && right !== null) {
    const inner = right.left;
    if (inner === null || depth(right.right) > depth(inner)) return node(right.module, node(module, left, inner), right.right);
    return node(inner.module, node(module, left, inner.left), node(right.module, inner.right, right.right));
  }
  if (lean <= -2 && left !== null) {
    const inner = left.right;
    if (inner === null || depth(left.left) > depth(inner)) return node(left.module, left.left, node(module, inner, right));
    return node(inner.module, node(left.module, left.left, inner.left), node(module, inner.right, right));
  }
  return node(module, left, right);
}

function insert(tree: Node | null, module: BootModule): Node {
  if (tree === null) return node(module, null, null);
  return module.name < tree.module.name
    ? balanced(node(tree.module, insert(tree.left, module), tree.right))
    : balanced(node(tree.module, tree.left, insert(tree.right, module)));
}

/** Boot modules and the two names of the kernel info page, in the order in which core enters them. */
export function romModules(modules: readonly BootModule[]): BootModule[] {
  return [...modules, { name: 'l4v2_kip', ...KIP_PAGE }, { name: 'kip', ...KIP_PAGE }];
}

/** The listing in pre-order of the tree. */
export function romListing(modules: readonly BootModule[]): string[] {
  const tree = romModules(modules).reduce<Node | null>(insert, null);
  const lines = (at: Node | null): string[] => (at === null ? [] : [line(at.module), ...lines(at.left), ...lines(at.right)]);
  return [':rom_fs: ', 'ROM modules:', ...lines(tree)];
}

const line = ({ name, base, size }: BootModule): string => ` ROM: [${hex(base, 8)},${hex(base + size, 8)}) ${name}`;
