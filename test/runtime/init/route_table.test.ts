// Destinations of requests in three configurations, one row a request. The expected values are derived by hand from the rules of
// init-run-tools.md 1.5 (17.02) and genode-16.08-abi.md 6 (16.08); a second column stands where the dialects differ.

import * as assert from 'uvu/assert';
import { labelOf } from '../../../src/runtime/arg_string.ts';
import type { Dialect, InitConfig } from '../../../src/runtime/init/config.ts';
import { explainRoute } from '../../../src/runtime/init/explain.ts';
import { suite } from '../../kit.ts';
import { configOf } from './parse.ts';

const test = suite('route table');

/**
 * Child, service, label, destination in 16.08, destination in 17.02 where it is another. A destination is `parent`, a child's
 * name, `local MODULE`, `! TEXT` for a request denied with that warning, `!! TEXT` with that error; `AS LABEL` is what the server sees.
 */
type Row = readonly [child: string, service: string, label: string, to_16_08: string, to_17_02?: string];

const DESKTOP = configOf(`<config>
  <parent-provides>
    <service name="ROM"/> <service name="RAM"/> <service name="CPU"/> <service name="PD"/>
    <service name="RM"/> <service name="LOG"/> <service name="IO_MEM"/> <service name="IRQ"/>
  </parent-provides>
  <default-route> <any-service> <parent/> <any-child/> </any-service> </default-route>
  <start name="timer"> <provides> <service name="Timer"/> </provides> </start>
  <start name="ps2"> <provides> <service name="Input"/> </provides> </start>
  <start name="fb"> <provides> <service name="Framebuffer"/> </provides> </start>
  <start name="nitpicker">
    <provides> <service name="Nitpicker"/> </provides>
    <route>
      <service name="Input"> <child name="ps2"/> </service>
      <service name="Framebuffer"> <child name="fb"/> </service>
      <any-service> <parent/> <any-child/> </any-service>
    </route>
  </start>
  <start name="terminal">
    <provides> <service name="Terminal"/> </provides>
    <config/>
    <route> <service name="Nitpicker"> <child name="nitpicker"/> </service> <any-service> <parent/> <any-child/> </any-service> </route>
  </start>
  <start name="app"/>
  <start name="locked"> <route> <service name="LOG"> <parent/> </service> <service name="Timer"> <any-child/> </service> </route> </start>
  <start name="muted"> <route/> </start>
</config>`);

const DESKTOP_ROWS: readonly Row[] = [
  ['app', 'ROM', 'x', 'parent'], ['app', 'RAM', '', 'parent'], ['app', 'CPU', '', 'parent'], ['app', 'PD', '', 'parent'],
  ['app', 'RM', '', 'parent'], ['app', 'LOG', '', 'parent'], ['app', 'IO_MEM', '', 'parent'], ['app', 'IRQ', '', 'parent'],
  ['app', 'Timer', '', 'timer'], ['app', 'Input', '', 'ps2'], ['app', 'Framebuffer', '', 'fb'], ['app', 'Nitpicker', 'window', 'nitpicker'],
  ['app', 'Terminal', '', 'terminal'], ['app', 'Nic', '', '! no route to service "Nic"'], ['app', 'ROM', 'config', 'local config', 'parent'],
  ['app', 'ROM', 'sub -> config', 'local config', 'parent'], ['app', 'ROM', 'binary', 'local binary', 'parent'],
  ['nitpicker', 'Input', '', 'ps2'], ['nitpicker', 'Framebuffer', '', 'fb'], ['nitpicker', 'Timer', '', 'timer'], ['nitpicker', 'LOG', '', 'parent'],
  ['nitpicker', 'ROM', 'font', 'parent'], ['nitpicker', 'Nitpicker', '', 'nitpicker'], ['nitpicker', 'Terminal', '', 'terminal'],
  ['nitpicker', 'Report', 'pointer', '! no route to service "Report"'],
  ['terminal', 'Nitpicker', '', 'nitpicker'], ['terminal', 'Input', '', 'ps2'], ['terminal', 'Timer', '', 'timer'], ['terminal', 'LOG', '', 'parent'],
  ['terminal', 'ROM', 'config', 'local config'], ['terminal', 'ROM', 'config.bak', 'parent'], ['terminal', 'ROM', 'configure', 'parent'],
  ['terminal', 'Terminal', '', 'terminal'], ['terminal', 'Nic', '', '! no route to service "Nic"'],
  ['locked', 'LOG', '', 'parent'], ['locked', 'LOG', 'debug', 'parent'], ['locked', 'Timer', '', 'timer'],
  ['locked', 'ROM', 'x', '! no route to service "ROM"'], ['locked', 'RM', '', '! no route to service "RM"'],
  ['locked', 'Nitpicker', '', '! no route to service "Nitpicker"'], ['locked', 'CPU', '', '! no route to service "CPU"'],
  ['muted', 'LOG', '', '! no route to service "LOG"'], ['muted', 'ROM', 'x', '! no route to service "ROM"'],
  ['muted', 'ROM', 'config', 'local config', '! no route to service "ROM"'], ['muted', 'ROM', 'binary', 'local binary', '! no route to service "ROM"'],
  ['muted', 'ROM', 'session_requests', '! no route to service "ROM"', 'local session_requests'],
  ['timer', 'IO_MEM', '', 'parent'], ['timer', 'IRQ', '', 'parent'], ['timer', 'Timer', '', 'timer'], ['timer', 'ROM', 'l4v2_kip', 'parent'],
  ['ps2', 'Input', '', 'ps2'], ['ps2', 'Timer', '', 'timer'], ['fb', 'Nitpicker', '', 'nitpicker'], ['fb', 'Audio_out', 'left', '! no route to service "Audio_out"'],
  ['terminal', 'Framebuffer', '', 'fb'], ['nitpicker', 'ROM', 'config', 'local config', 'parent'], ['locked', 'ROM', 'config', 'local config', '! no route to service "ROM"'],
  ['terminal', 'ROM', 'session_requests', 'parent', 'local session_requests'], ['ps2', 'IRQ', '', 'parent'], ['fb', 'IO_MEM', '', 'parent'],
  ['app', 'SIGNAL', '', '! no route to service "SIGNAL"'], ['app', 'CAP', '', '! no route to service "CAP"'],
];

const LABELS = configOf(`<config>
  <parent-provides> <service name="ROM"/> <service name="LOG"/> <service name="Report"/> </parent-provides>
  <start name="one"> <provides> <service name="ROM"/> <service name="Gpio"/> </provides> </start>
  <start name="two"> <provides> <service name="ROM"/> </provides> </start>
  <start name="three"> <provides> <service name="ROM"/> </provides> </start>
  <start name="four"> <provides> <service name="ROM"/> </provides> </start>
  <start name="five"> <provides> <service name="ROM"/> </provides> </start>
  <start name="c">
    <route>
      <service name="ROM" label="a"> <child name="one"/> </service>
      <service name="ROM" label_prefix="app"> <child name="two"/> </service>
      <service name="ROM" label_suffix=".png"> <child name="three"/> </service>
      <service name="ROM" label_prefix="x" label_suffix="z"> <child name="four"/> </service>
      <service name="ROM" unscoped_label="c -> full"> <child name="five"/> </service>
      <service name="Report" label="log"> <parent label="renamed"/> </service>
      <any-service label="any"> <child name="one"/> <parent/> </any-service>
      <service name="LOG"> <parent/> </service>
      <any-service> <parent/> </any-service>
    </route>
  </start>
  <start name="strict">
    <route>
      <service name="LOG" label="main" label_prefix="m"> <parent/> </service>
      <service name="LOG" label="main" label_suffix="x"> <parent/> </service>
      <service name="ROM" label_prefix=""> <child name="one"/> </service>
      <any-service unscoped_label="strict -> whole" label="never"> <child name="two"/> </any-service>
    </route>
  </start>
</config>`);

// In 16.08 a rule with unscoped_label has no condition that this init knows: it takes every ROM request that comes so far.
const LABEL_ROWS: readonly Row[] = [
  ['c', 'ROM', 'a', 'one AS c -> a'], ['c', 'ROM', 'ab', 'five', 'parent'], ['c', 'ROM', 'A', 'five', 'parent'], ['c', 'ROM', 'b -> a', 'five', 'parent'],
  ['c', 'ROM', 'app', 'two'], ['c', 'ROM', 'apple', 'two'], ['c', 'ROM', 'app.png', 'two'], ['c', 'ROM', 'ap', 'five', 'parent'], ['c', 'ROM', 'my app', 'five', 'parent'],
  ['c', 'ROM', 'my.png', 'three'], ['c', 'ROM', '.png', 'three'], ['c', 'ROM', 'png', 'five', 'parent'], ['c', 'ROM', 'my.png2', 'five', 'parent'],
  ['c', 'ROM', 'xz', 'four'], ['c', 'ROM', 'xyz', 'four'], ['c', 'ROM', 'xy', 'five', 'parent'], ['c', 'ROM', 'yz', 'five', 'parent'], ['c', 'ROM', 'x', 'five', 'parent'],
  ['c', 'ROM', 'x.png', 'three'], ['c', 'ROM', '', 'five AS c', 'parent AS c -> '], ['c', 'ROM', 'full', 'five'], ['c', 'ROM', 'c -> full', 'five', 'parent AS c -> c -> full'],
  ['c', 'ROM', 'any', 'five', 'one'],
  ['c', 'Report', 'log', 'parent AS c -> log', 'parent AS renamed'], ['c', 'Report', 'logs', 'parent AS c -> logs'], ['c', 'Report', '', 'parent AS c', 'parent AS c -> '],
  ['c', 'Gpio', 'any', 'one'], ['c', 'Gpio', 'other', '! no route to service "Gpio"'], ['c', 'Nic', 'any', '! no route to service "Nic"'],
  ['c', 'LOG', 'any', 'parent'], ['c', 'LOG', '', 'parent'], ['c', 'LOG', 'x', 'parent AS c -> x'],
  ['strict', 'LOG', 'main', 'parent'], ['strict', 'LOG', 'mai', '! no route to service "LOG"'], ['strict', 'LOG', 'mainx', '! no route to service "LOG"'],
  ['strict', 'ROM', 'anything', '! no route to service "ROM"', 'one'], ['strict', 'ROM', 'whole', '! no route to service "ROM"', 'one'],
  ['strict', 'Gpio', 'never', '! no route to service "Gpio"'], ['strict', 'Gpio', 'whole', '! no route to service "Gpio"'],
];

const start = (name: string, inside: string): string => `<start name="${name}">${inside}</start>`;
const route = (name: string, rules: string): string => start(name, `<route>${rules}</route>`);

const SURPRISES = configOf(`<config>
  <parent-provides> <service name="ROM"/> <service name="LOG"/> </parent-provides>
  <default-route> <any-service> <parent/> <any-child/> </any-service> </default-route>
  <alias name="clock" child="timer"/> <alias name="ghost" child="nobody"/> <alias name="second" child="clock"/>
  ${start('timer', '<provides><service name="Timer"/></provides>')}
  ${start('a', '<provides><service name="Nic"/></provides>')}
  ${start('b', '<provides><service name="Nic"/></provides>')}
  ${start('log2', '<provides><service name="LOG"/></provides>')}
  ${route('first', '<service name="Timer"> <parent/> <child name="timer"/> </service>')}
  ${route('wild', '<any-service> <parent/> <child name="timer"/> </any-service>')}
  ${route('ends', '<service name="Timer"/> <any-service> <any-child/> </any-service>')}
  ${route('names', `<service name="Timer"> <child name="clock"/> </service> <service name="Nic"> <child name="ghost"/> </service>
    <service name="LOG"> <child name="log2"/> </service> <service name="ROM"> <child name="timer"/> </service> <service name="Gpio"> <child name="second"/> </service>`)}
  ${route('any', `<service name="Nic"> <any-child/> </service> <service name="Timer"> <any-child/> </service>
    <service name="Gpio"> <any-child/> </service> <any-service> <parent/> </any-service>`)}
  ${route('nameless', '<service> <parent/> </service> <any-service> <parent/> </any-service>')}
  ${route('unknown', '<anything/> <service name="Timer"> <sibling/> <child name="timer"/> </service>')}
  ${route('nobody_first', '<any-service> <child name="nobody_at_all"/> <parent/> </any-service>')}
  ${route('no_name', '<service name="LOG"> <child/> </service> <any-service> <parent/> </any-service>')}
  ${start('file', '<configfile name="other.config"/>')}
  ${start('config_file', '<configfile name="config"/>')}
  ${start('both', '<configfile name="other.config"/> <config/>')}
  ${start('inline', '<config/>')}
  ${route('argument', '<service name="LOG"> <if-arg key="label" value="x"/> <child name="log2"/> </service> <any-service> <parent/> </any-service>')}
  ${route('twice', '<service name="LOG"> <child name="log2"/> </service> <service name="LOG"> <parent/> </service>')}
  ${start('twins', '<route> <any-service> <any-child/> </any-service> </route>')}
  ${start('twins', '')}
</config>`);

const SURPRISE_ROWS: readonly Row[] = [
  // a rule for a named service is decided by its first target
  ['first', 'Timer', '', '! service lookup for "Timer" at parent failed'], ['first', 'LOG', '', '! no route to service "LOG"'],
  // a wildcard rule goes on, and past its last target to the next rule
  ['wild', 'LOG', '', 'parent'], ['wild', 'Timer', '', 'timer'], ['wild', 'Nic', '', '! no route to service "Nic"'], ['wild', 'ROM', 'x', 'parent'],
  // a rule without target ends the search
  ['ends', 'Timer', '', '! no route to service "Timer"'], ['ends', 'LOG', '', 'log2'], ['ends', 'ROM', 'x', '! no route to service "ROM"'],
  ['ends', 'Nic', '', '!! ambiguous routes to service "Nic"'],
  // aliases, one behind the other only in the order in which init keeps them
  ['names', 'Timer', '', 'timer'], ['names', 'LOG', '', 'log2'],
  ['names', 'Nic', '', '! invalid route to non-existing server "ghost"', '! lookup to child server "ghost" failed'],
  ['names', 'ROM', 'x', '! lookup to child service "ROM" failed', '! lookup to child server "timer" failed'],
  ['names', 'Gpio', '', '! lookup to child service "Gpio" failed', '! lookup to child server "second" failed'],
  ['names', 'RM', '', '! no route to service "RM"'],
  ['any', 'Nic', '', '!! ambiguous routes to service "Nic"'], ['any', 'Timer', '', 'timer'], ['any', 'Gpio', '', '! lookup for service "Gpio" failed'],
  ['any', 'LOG', '', 'parent'], ['any', 'RM', '', '! no route to service "RM"'],
  // a rule without its name ends the search for every service
  ['nameless', 'LOG', '', '! no route to service "LOG"'], ['nameless', 'ROM', 'x', '! no route to service "ROM"'],
  ['unknown', 'Timer', '', 'timer'], ['unknown', 'LOG', '', '! no route to service "LOG"'],
  // 16.08 gives up at a server that does not exist, 17.02 takes it for one without the service
  ['nobody_first', 'LOG', '', '! invalid route to non-existing server "nobody_at_all"', 'parent'],
  ['nobody_first', 'Timer', '', '! invalid route to non-existing server "nobody_at_all"', '! no route to service "Timer"'],
  ['no_name', 'LOG', '', '! no route to service "LOG"'], ['no_name', 'ROM', 'x', 'parent'],
  // configuration files
  ['file', 'ROM', 'config', 'parent AS file -> other.config'], ['file', 'ROM', 'other.config', 'parent AS file -> other.config'],
  ['file', 'ROM', 'sub -> config', 'parent AS file -> sub -> other.config', 'parent AS file -> other.config'], ['file', 'LOG', 'config', 'parent AS file -> config'],
  ['config_file', 'ROM', 'config', 'local config', "!! configfile must not be named 'config'"], ['config_file', 'ROM', 'x', 'parent'],
  ['both', 'ROM', 'config', 'parent AS both -> other.config'],
  ['inline', 'ROM', 'config', 'local config'], ['inline', 'ROM', 'sub -> config', 'local config'], ['inline', 'ROM', 'binary', 'local binary', 'parent'],
  ['inline', 'ROM', 'session_requests', 'parent', 'local session_requests'], ['inline', 'LOG', 'config', 'parent'], ['inline', 'Timer', 'config', 'timer'],
  ['inline', 'Nic', '', '!! ambiguous routes to service "Nic"'],
  // conditions on arguments exist in 16.08 only
  ['argument', 'LOG', 'x', 'log2'], ['argument', 'LOG', 'y', 'parent', 'log2'], ['argument', 'LOG', '', 'parent', 'log2'], ['argument', 'ROM', 'x', 'parent'],
  ['twice', 'LOG', '', 'log2'], ['twice', 'ROM', 'x', '! no route to service "ROM"'],
  // of two children of one name the first exists
  ['twins', 'LOG', '', 'log2'], ['twins', 'ROM', 'x', '! no route to service "ROM"'],
];

function destination(config: InitConfig, [child, service, label]: Row, dialect: Dialect, withLabel: boolean): string {
  const explained = explainRoute(config, child, service, label, dialect);
  if (explained === undefined) return 'no such child';
  const { decision: { to, messages }, args } = explained;
  if (to === null) {
    const { severity, text } = messages.at(-1) ?? { severity: 'warning', text: 'no message' };
    return `${severity === 'error' ? '!!' : '!'} ${text.replace(`${child}: `, '')}`;
  }
  const where = to.kind === 'local' ? `local ${to.module}` : to.kind === 'child' ? to.child : 'parent';
  return withLabel ? `${where} AS ${labelOf(args)}` : where;
}

const TABLES = [['desktop', DESKTOP, DESKTOP_ROWS], ['labels', LABELS, LABEL_ROWS], ['surprises', SURPRISES, SURPRISE_ROWS]] as const;

for (const [name, config, rows] of TABLES) {
  for (const dialect of ['16.08', '17.02'] as const) {
    test(`every request of the table "${name}" goes where the rules of ${dialect} send it`, () => {
      for (const row of rows) {
        const [child, service, label, older, newer = older] = row;
        const expected = dialect === '16.08' ? older : newer;
        assert.is(destination(config, row, dialect, expected.includes(' AS ')), expected, `${child} asks for ${service} "${label}"`);
      }
    });
  }
}

test('the tables hold at least 150 requests, each another one', () => {
  const keys = TABLES.flatMap(([name, , rows]) => rows.map(([child, service, label]) => `${name} ${child} ${service} ${label}`));
  assert.is(new Set(keys).size, keys.length);
  assert.ok(keys.length >= 150, `${keys.length} rows`);
});

test.run();
