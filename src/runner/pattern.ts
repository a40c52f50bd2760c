// The matcher of log patterns, as in depot autopilot (init-run-tools.md 2.4): from the beginning of a line, `*` for any text,
// the end of the line left open. Owns no state.

export function matches(pattern: string, line: string): boolean {
  const [first = '', ...fragments] = pattern.split('*');
  if (!line.startsWith(first)) return false;
  let at = first.length;
  for (const fragment of fragments) {
    const found = line.indexOf(fragment, at);
    if (found === -1) return false;
    at = found + fragment.length;
  }
  return true;
}
