// Tests of imports: run scripts with a literal configuration, the expressions they wait for, and runtime files of test packages.
// Owns no state.

import * as assert from 'uvu/assert';
import { printDiagnostic } from '../../src/scenario/diagnostic.ts';
import { importRegex } from '../../src/scenario/import_regex.ts';
import { importRunScript } from '../../src/scenario/import_run.ts';
import { importRuntime } from '../../src/scenario/import_runtime.ts';
import type { Imported } from '../../src/scenario/imported.ts';
import type { Scenario } from '../../src/scenario/model.ts';
import { readScenario } from '../../src/scenario/read.ts';
import { Source } from '../../src/scenario/source.ts';
import { suite } from '../kit.ts';

const test = suite('imports');
const run = (text: string): Imported => importRunScript(new Source('x.run', text), 'x');
const told = ({ diagnostics }: Imported): string => diagnostics.map(printDiagnostic).join('');

function scenario(imported: Imported): Scenario {
  if (imported.text === undefined) throw new Error(told(imported));
  const read = readScenario('x.xml', new TextEncoder().encode(imported.text), { extensions: [] });
  if (read.scenario === undefined) throw new Error(imported.text + read.diagnostics.map(printDiagnostic).join(''));
  return read.scenario;
}

const CONFIG = '<config>\n\t<start name="test"><config><x>{}</x></config></start>\n</config>';

const SCRIPT = `# a comment with { in it
build "core init test"
create_boot_directory
install_config {
${CONFIG}
}
build_boot_image "core init test"
append qemu_args "-nographic -m 64"
run_genode_until "test done.*\\n" 60
grep_output {^\\[init -\\> test\\]}
unify_output {\\-> 0x[0-9a-f]+} "ADDRESS"
compare_output_to {
	[init -> test] started
	[init -> test] started
	[init -> test] "done"
}
`;

test('a script with a literal configuration, a wait and a comparison becomes a scenario', () => {
  const { config_text, steps, fail, unify } = scenario(run(SCRIPT));
  assert.is(config_text, CONFIG);
  assert.equal(steps.map(({ span, ...step }) => step), [
    { kind: 'await', moment: { kind: 'log', pattern: '*test done', count: 1 } },
    { kind: 'expect-log', pattern: '[init -> test] started', count: 2 },
    { kind: 'expect-log', pattern: '[init -> test] "done"' },
  ]);
  assert.equal(fail.map(({ span, ...criterion }) => criterion), [{ kind: 'after', after_ms: 60_000 }]);
  assert.is(unify.length, 1);
});

test('a configuration in a variable is taken where all its pieces are literal', () => {
  const { config_text } = scenario(run('set config {<config>}\nappend config {<start name="a"/>}\nappend config "</config>"\ninstall_config $config\nrun_genode_until {a} 5'));
  assert.match(config_text, /<config>\s*<start name="a"\/>\s*<\/config>/);
});

test('a configuration in HID is read, too', () => {
  const { config } = scenario(run('install_config {\nconfig\n+ start a | ram: 1M\n-\n}\nrun_genode_until {a} 5'));
  assert.equal(config.children.map(({ tag }) => tag), ['start']);
});

const REFUSED: readonly (readonly [what: string, script: string, message: RegExp])[] = [
  ['a computed configuration', 'set a [exec x]\ninstall_config "<config>$a</config>"', /^x\.run:2:17: error\[E030\]: the configuration is no plain literal/],
  ['a configuration with conditional parts', 'set config {<config>}\nappend_if [have_spec x] config {<a/>}\nappend config {</config>}\ninstall_config $config', /^x\.run:2:1: error\[E030\]/],
  ['a configuration with parts in an if', 'set config {<config>}\nif {[x]} { append config {<a/>} }\nappend config {</config>}\ninstall_config $config', /^x\.run:2:1: error\[E030\]/],
  ['a script without configuration', 'build "core"', /^x\.run:1:1: error\[E030\]: the script installs no configuration/],
  ['an open brace', 'install_config {\n<config/>\n', /^x\.run:1:16: error\[E030\]: this '{' is not closed/],
  ['a malformed configuration', 'install_config {\n<config>\n  <start name="a">\n</config>\n}', /^x\.run:4:1: error\[E006\]/],
  ['a computed wait', 'install_config {<config/>}\nrun_genode_until $x 5', /^x\.run:2:18: error\[E030\]/],
];

for (const [what, script, message] of REFUSED) {
  test(`${what} is refused where it stands`, () => {
    const imported = run(script);
    assert.is(imported.text, undefined);
    assert.match(told(imported), message);
  });
}

test('a script that waits for ever gets an end, and that is said', () => {
  const imported = run('install_config {<config/>}\nrun_genode_until forever');
  assert.match(told(imported), /warning\[E030\]: the script waits for ever/);
  assert.equal(scenario(imported).steps.map((step) => (step.kind === 'await' ? step.moment : null)), [{ kind: 'time', time_ms: 10_000 }]);
});

test('expressions become patterns, and what a pattern cannot say is marked', () => {
  const one = (regex: string) => importRegex(regex).map(({ lines, exact }) => [lines.join('|'), exact]);
  assert.equal(one('test done.*\n'), [['*test done', true]]);
  assert.equal(one('.*--- finished ---.*\\n'), [['*--- finished ---', true]]);
  assert.equal(one('^\\[init\\] x'), [['[init] x', true]]);
  assert.equal(one('a.*\\n.*b'), [['*a|*b', true]]);
  assert.equal(one('value [0-9]+ ok'), [['*value * ok', false]]);
  assert.equal(one('(a|b) c'), [['* c', false]]);
  assert.equal(one('succeeded|failed'), [['*succeeded', true], ['*failed', true]]);
  assert.equal(one('ab?c'), [['*a*c', false]]);
  assert.equal(one('.*'), [['', true]]);
});

test('a script is imported for init of 17.02, or for the release that is named', () => {
  const source = new Source('x.run', 'install_config {<config/>}');
  assert.match(importRunScript(source, 'x').text ?? '', /genode="17\.02"/);
  assert.is(scenario(importRunScript(source, 'x', '16.08')).genode, '16.08');
  assert.is(scenario(importRuntime(new Source('runtime', RUNTIME), 'x', '16.08')).genode, '16.08');
});

test('alternatives become criteria: the first that comes true decides', () => {
  const { succeed, steps } = scenario(run('install_config {<config/>}\nrun_genode_until {good|bad} 5'));
  assert.equal(steps, []);
  assert.equal(succeed.map((criterion) => (criterion.kind === 'pattern' ? criterion.lines : null)), [['*good'], ['*bad']]);
});

const RUNTIME = 'runtime | ram: 8M | caps: 100 | binary: test-x\n+ fail | after_seconds: 20\n+ succeed | exit: 0\n  : first\n  : second *line\n+ config | verbose: yes\n-\n';

test('a runtime file in HID becomes a scenario with its criteria', () => {
  const { succeed, fail, config_text } = scenario(importRuntime(new Source('runtime', RUNTIME), 'x'));
  assert.equal([...succeed, ...fail].map(({ span, ...criterion }) => criterion), [{ kind: 'pattern', lines: ['first', 'second *line'], exit: 0 }, { kind: 'after', after_ms: 20_000 }]);
  assert.match(config_text, /<start name="test-x">\s*<resource name="RAM" quantum="8M"\/>\s*<config verbose="yes"\/>/);
});

test('older runtime files match anywhere in a line', () => {
  const events = '<runtime binary="init"><events><timeout meaning="failed" sec="30"/><log meaning="succeeded">done</log></events><config><start name="a"/></config></runtime>';
  const { succeed, fail, config_text } = scenario(importRuntime(new Source('runtime', events), 'x'));
  assert.equal([...succeed, ...fail].map(({ span, ...criterion }) => criterion), [{ kind: 'pattern', lines: ['*done'] }, { kind: 'after', after_ms: 30_000 }]);
  assert.is(config_text, '<config><start name="a"/></config>');
});

test('a test without a timeout, or with two, is invalid as the autopilot says', () => {
  const timeouts = (inside: string) => told(importRuntime(new Source('runtime', `<runtime binary="x">${inside}</runtime>`), 'x'));
  assert.match(timeouts('<succeed>x</succeed>'), /has no timeout defined/);
  assert.match(timeouts('<fail after_seconds="0"/>'), /has no timeout defined/);
  assert.match(timeouts('<fail after_seconds="1"/><succeed after_seconds="2"/>'), /has ambiguous timeouts defined/);
});

test.run();
