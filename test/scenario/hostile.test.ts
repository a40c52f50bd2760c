// Hostile and damaged files through the one entrance of the language: refused with a message, within limits, never with an exception.
// Fixed budgets and seeds; owns no state.

import * as fc from 'fast-check';
import * as assert from 'uvu/assert';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { convert } from '../../src/scenario/convert.ts';
import { printDiagnostic } from '../../src/scenario/diagnostic.ts';
import { importRunScript } from '../../src/scenario/import_run.ts';
import { importRuntime } from '../../src/scenario/import_runtime.ts';
import { DIAGNOSTICS_MAX, SOURCE_BYTES_MAX } from '../../src/scenario/limits.ts';
import { readScenario, type ReadResult } from '../../src/scenario/read.ts';
import { Source } from '../../src/scenario/source.ts';
import { suite } from '../kit.ts';

const test = suite('hostile scenarios');
const utf8 = (text: string) => new TextEncoder().encode(text);
const read = (bytes: Uint8Array, syntax: string): ReadResult => readScenario(`run/t.${syntax}`, bytes, { extensions: ['freeze'], include: (name) => ({ error: `there is no file '${name}'` }) });

/** Everything that must hold for any file at all. */
function sound(result: ReadResult): void {
  const errors = result.diagnostics.filter(({ severity }) => severity === 'error');
  assert.is(result.scenario === undefined, errors.length > 0);
  assert.is(result.variants.length === 0, errors.length > 0);
  assert.ok(result.diagnostics.length <= DIAGNOSTICS_MAX + 1);
  for (const diagnostic of result.diagnostics) {
    const printed = printDiagnostic(diagnostic);
    assert.match(printed, /^[^\n]+:[0-9]+:[0-9]+: (error|warning)\[E[0-9]{3}\]: /);
    // Nothing of the file may reach the terminal as a control sequence.
    assert.not.match(printed.replaceAll('\n', ''), /[\u0000-\u001f\u007f-\u009f]/);
  }
}

const TREE = (inside: string) => `<scenario name="t"><config/>${inside}</scenario>`;
const HOSTILE: readonly (readonly [what: string, syntax: string, bytes: Uint8Array, code: string])[] = [
  ['a file of zeros', 'xml', new Uint8Array(1000), 'E002'],
  ['a NUL byte in YAML', 'yaml', utf8('scenario: {name: "a\u0000b"}'), 'E002'],
  ['a NUL byte in HID', 'hid', utf8('scenario t\u0000\n-\n'), 'E002'],
  ['bytes that are no UTF-8', 'xml', new Uint8Array([60, 0xc3, 0x28]), 'E001'],
  ['half a surrogate pair', 'hid', new Uint8Array([0xed, 0xa0, 0x80]), 'E001'],
  ['a file beyond the limit', 'xml', new Uint8Array(SOURCE_BYTES_MAX + 1), 'E001'],
  ['an entity bomb', 'xml', utf8(`<!DOCTYPE s [<!ENTITY a "${'x'.repeat(1000)}">${Array.from({ length: 9 }, (_, n) => `<!ENTITY ${'b'.repeat(n + 1)} "${`&${n === 0 ? 'a' : 'b'.repeat(n)};`.repeat(10)}">`).join('')}]><s>&bbbbbbbbb;</s>`), 'E003'],
  ['the name __proto__ as element', 'yaml', utf8('scenario: {name: t, config: , __proto__: {x: {}}}'), 'E021'],
  ['the name __proto__ as attribute', 'xml', utf8('<scenario name="t" __proto__="x"><config/><succeed log="x"/></scenario>'), 'E012'],
  ['the name constructor as parameter', 'xml', utf8(TREE('<steps><mark name="${constructor}"/></steps>')), 'E018'],
  ['an axis called __proto__', 'xml', utf8(TREE('<matrix><axis name="__proto__" values="a"/><exclude __proto__="b"/></matrix><succeed log="x"/>')), 'E018'],
  ['repetitions of repetitions', 'xml', utf8(TREE(`<steps>${'<repeat times="10000">'.repeat(20)}<mark name="m"/>${'</repeat>'.repeat(20)}</steps>`)), 'E010'],
  ['a parameter that grows', 'xml', utf8(TREE(`<parameters><parameter name="p" value="${'x'.repeat(1000)}"/></parameters><steps><mark name="${'${p}'.repeat(1000)}"/></steps>`)), 'E018'],
  ['a matrix of a million variants', 'xml', utf8(TREE(`<matrix>${Array.from({ length: 20 }, (_, n) => `<axis name="a${n}" values="0 1"/>`).join('')}</matrix><succeed log="x"/>`)), 'E010'],
  ['a regular expression that takes for ever', 'xml', utf8(TREE('<unify pattern="(x+x+)+y"/><succeed log="x"/>')), 'E014'],
  ['fifty thousand mistakes', 'xml', utf8(TREE(`<steps>${'<mrak/>'.repeat(50_000)}</steps>`)), 'E011'],
];

for (const [what, syntax, bytes, code] of HOSTILE) {
  test(`${what}: refused`, () => {
    const result = read(bytes, syntax);
    sound(result);
    assert.ok(result.diagnostics.some((diagnostic) => diagnostic.code === code), result.diagnostics.map((one) => `${one.code} ${one.message}`).join('; ').slice(0, 300));
  });
}

test('a name that objects have by nature is an ordinary parameter', () => {
  const { scenario } = read(utf8(TREE('<parameters><parameter name="constructor" value="m"/><parameter name="toString" value="n"/></parameters><steps><mark name="${constructor}${toString}"/></steps>')), 'xml');
  assert.is(scenario?.steps[0]?.kind === 'mark' ? scenario.steps[0].name : '', 'mn');
});

const SAMPLE = readFileSync(join(import.meta.dirname, '../../run/sheep_counter.xml'), 'utf8');
const SAMPLES = new Map((['xml', 'yaml', 'hid'] as const).map((syntax) => [syntax, convert(SAMPLE, 'xml', syntax).text ?? '']));
const WORDS = ['scenario', 'config', 'steps', 'repeat', 'include', 'matrix', 'points', 'name', 'times', '"2"', '${x}', '*', '&', '<', '>', '{', '}', '[', ']', ': ', '- ', '+ ', '| ', '\n', '\t', '"', '__proto__', '0x', '-1', '1M', '\u0000', '\u001b[31m', '\ud83d\ude00', '-\n'];

test('a damaged scenario, in any syntax, is read or refused, and whatever is said can be printed', () => {
  const change = fc.record({ at: fc.double({ min: 0, max: 1, noNaN: true }), cut: fc.nat(12), word: fc.constantFrom(...WORDS), again: fc.nat(3) });
  fc.assert(
    fc.property(fc.constantFrom('xml', 'yaml', 'hid'), fc.array(change, { minLength: 1, maxLength: 4 }), (syntax, changes) => {
      let text = SAMPLES.get(syntax as 'xml') ?? '';
      for (const { at, cut, word, again } of changes) {
        const offset = Math.floor(at * text.length);
        text = text.slice(0, offset) + word.repeat(again) + text.slice(offset + cut);
      }
      sound(read(utf8(text), syntax));
    }),
    { numRuns: 500, seed: 11 },
  );
});

test('any bytes at all are read or refused', () => {
  fc.assert(fc.property(fc.constantFrom('xml', 'yaml', 'hid'), fc.uint8Array({ maxLength: 200 }), (syntax, bytes) => sound(read(bytes, syntax))), { numRuns: 300, seed: 12 });
});

test('any text is imported or refused', () => {
  const word = fc.constantFrom('install_config', 'run_genode_until', 'compare_output_to', 'set config', 'append config', '$config', '{', '}', '"', '[', ']', '\\', ' ', '\n', '<config>', '</config>', 'config\n-\n', 'forever', '10', '.*', '(a|b)+', '#', ';');
  fc.assert(
    fc.property(fc.array(word, { maxLength: 30 }), (words) => {
      const text = words.join('');
      for (const { diagnostics, text: made } of [importRunScript(new Source('x.run', text), 'x'), importRuntime(new Source('runtime', text), 'x')]) {
        assert.is(made === undefined, diagnostics.some(({ severity }) => severity === 'error'));
        for (const diagnostic of diagnostics) assert.ok(diagnostic.span.end <= text.length, printDiagnostic(diagnostic));
      }
    }),
    { numRuns: 800, seed: 13 },
  );
});

test.run();
