// XML documents damaged at random, the same ones every time: what readers are compared on.
// Owner of the state of its random numbers.

const BASES: readonly string[] = [
  '<?xml version="1.0" encoding="UTF-8"?>\n<!-- a comment -->\n<scenario name="t">\n  <config>\n    <start name="a"><resource name="RAM" quantum="1M"/></start>\n  </config>\n  <steps>\n    <await log="x &amp; y" within_ms=\'5\'/>\n  </steps>\n</scenario>\n',
  '<config verbose="yes">\n\t<parent-provides>\n\t\t<service name="ROM"/>\n\t</parent-provides>\n\t<start name="x">\n\t\t<config>text &lt; &#65; &#x42; <![CDATA[ <raw> ]]> more</config>\n\t</start>\n</config>',
  '<a>\r\n <b c="1" d="2">\r\n  <?target data?>\r\n  <e/><e></e>\r\n </b>\r\n</a>\r\n',
  '<r x="\u00e9">\u00e4\u20ac<\u00e9l\u00e9ment/><n.1-a_b:c/></r>',
];

const PIECES: readonly string[] = [
  '<', '>', '/', '"', "'", '&', ';', '=', '!', '?', '-', '--', '-->', ']]>', '<!--', '<![CDATA[', '<?', '?>', '<?xml version="1.0"?>', '<!DOCTYPE a>', '&lt;', '&#0;', '&#x110000;', '&unknown;', '&amp', ' ', '\n', '\t', 'a', '1', ':', '.', '\u00b7', '\u00aa', '\u00b2', '\u0001', '\ufffe', '<x>', '</x>', '<x/>', ' y="1"', ' y', ' y=1', 'name="t"', 'version="1.0"', 'standalone="maybe"',
];

/** Numbers from a seed: a multiplicative generator. */
function numbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

export function mutants(count: number, seed: number): readonly string[] {
  const next = numbers(seed);
  return Array.from({ length: count }, () => {
    let text = BASES[next(BASES.length)] ?? '';
    for (let change = next(3); change >= 0; change--) text = mutate(text, next);
    return text;
  });
}

function mutate(text: string, next: (below: number) => number): string {
  const at = next(text.length + 1);
  const to = Math.min(text.length, at + 1 + next(6));
  const piece = PIECES[next(PIECES.length)] ?? '';
  switch (next(4)) {
    case 0:
      return text.slice(0, at) + text.slice(to);
    case 1:
      return text.slice(0, at) + piece + text.slice(at);
    case 2:
      return text.slice(0, at) + piece + text.slice(to);
    default:
      return text.slice(0, at) + text.slice(at, to) + text.slice(at);
  }
}
