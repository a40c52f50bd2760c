// Commands about several children of one parent: the further ones that a step names beside its component.
// Pure; owns no state.

const SEPARATOR = ' -> ';

/** The further children of a step, as a command carries them. */
export const beside = ({ with: others }: { readonly with?: readonly string[] }): { readonly with?: readonly string[] } => (others === undefined ? {} : { with: others });

/** Paths of all components of a step: the one it names, then the further children of the same parent. */
export function pathsOf(path: string, others: readonly string[] = []): string[] {
  const parents = path.split(SEPARATOR).slice(0, -1);
  return [path, ...others.map((child) => [...parents, child].join(SEPARATOR))];
}
