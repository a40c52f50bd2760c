// Regular expressions of run scripts as patterns of log lines. Only what a pattern can say is kept; the rest becomes a wildcard, and
// that is reported. Pure; owns no state.

export interface ImportedPattern {
  /** One for each line that the expression spans; each for `<await log="...">`. */
  readonly lines: readonly string[];
  /** False where a wildcard stands for something narrower. */
  readonly exact: boolean;
}

/** Alternatives at the top level, each a pattern; the first that comes ends the wait. */
export function importRegex(regex: string): readonly ImportedPattern[] {
  return alternatives(regex).map(importOne);
}

const TOKEN = /\\n|\n|\\([^a-zA-Z0-9])|\\([a-zA-Z])|\.|\[\^?\]?[^\]]*\]|\(|\)|[*+?]\??|\{[0-9,]+\}|\^|\$|[^]/g;

function importOne(regex: string): ImportedPattern {
  const lines: string[] = [''];
  let anchored = false;
  let exact = true;
  let depth = 0;
  let last: 'literal' | 'any' | 'class' | 'none' = 'none';
  const add = (text: string) => {
    const at = lines.length - 1;
    // A line of the expression may begin anywhere in a line of the log, unless it says where.
    if (lines[at] === '' && !anchored && text !== '*') lines[at] = '*';
    if (!(text === '*' && lines[at]?.endsWith('*') === true)) lines[at] += text;
  };
  for (const [token, escaped, letter] of regex.matchAll(TOKEN)) {
    if (token === '(') depth += 1;
    else if (token === ')') depth -= 1;
    if (depth > 0 || token === ')') {
      if (depth > 0 && token !== '(') continue;
      add('*');
      exact = false;
      last = 'class';
    } else if (token === '\\n' || token === '\n') {
      lines.push('');
      anchored = false;
      last = 'none';
    } else if (token === '^') anchored = lines.at(-1) === '';
    else if (token === '$') continue;
    else if (/^(?:[*+?]\??|\{[0-9,]+\})$/.test(token) && last !== 'none') {
      if (last === 'literal') {
        lines[lines.length - 1] = `${lines.at(-1)?.slice(0, -1) ?? ''}*`;
        exact = false;
      } else if (last === 'any' && token.startsWith('?')) exact = false;
      last = 'class';
    } else if (token === '.') {
      add('*');
      last = 'any';
    } else if (letter !== undefined || (token.startsWith('[') && token.length > 1)) {
      add('*');
      exact = false;
      last = 'class';
    } else {
      add(escaped ?? token);
      if ((escaped ?? token) === '*') exact = false;
      last = 'literal';
    }
  }
  const kept = lines.map((line) => line.replace(/\*+/g, '*').replace(/\*$/, '').trimEnd()).filter((line) => !/^[*\s]*$/.test(line));
  return { lines: kept, exact };
}

function alternatives(regex: string): readonly string[] {
  const parts: string[] = [''];
  let depth = 0;
  for (const [token] of regex.matchAll(/\\[^]|\[\^?\]?[^\]]*\]|[^]/g)) {
    if (token === '(') depth += 1;
    if (token === ')') depth -= 1;
    if (token === '|' && depth === 0) parts.push('');
    else parts[parts.length - 1] += token;
  }
  return parts;
}
