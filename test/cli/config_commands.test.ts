// Tests of explain, lint and convert: what they say about init configurations, in scenarios and bare.
// Owner of one temporary folder, removed at the end. Configurations of Genode 17.02 are read from beside the repository.

import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as assert from 'uvu/assert';
import type { Context } from '../../src/cli/context.ts';
import { main } from '../../src/cli/main.ts';
import { suite } from '../kit.ts';
import { bootScripted } from '../runner/scripted_system.ts';

const test = suite('commands about configurations');
const folder = mkdtempSync(join(tmpdir(), 'rescap-config-'));
test.after(() => rmSync(folder, { recursive: true, force: true }));
const corpus = resolve(dirname(fileURLToPath(import.meta.url)), '../../../shared/corpus');

function put(file: string, text: string): void {
  mkdirSync(dirname(join(folder, file)), { recursive: true });
  writeFileSync(join(folder, file), text);
}

async function rescap(...args: readonly string[]): Promise<{ status: number; out: string; err: string }> {
  let out = '';
  let err = '';
  const { boot } = bootScripted(() => ({ at: [], components: [] }));
  const context: Context = {
    cwd: folder, env: {}, boot, terminal: false, packageRoot: folder, wall_ms: () => 0, hostedProgram: () => new Uint8Array(4),
    out: (text) => void (out += text),
    err: (text) => void (err += text),
  };
  const status = await main(args, context);
  return { status, out, err };
}

const CONFIG = `<config>
  <parent-provides> <service name="ROM"/> <service name="LOG"/> </parent-provides>
  <default-route>
    <service name="Timer"> <child name="timer"/> </service>
    <any-service> <parent/> <any-child/> </any-service>
  </default-route>
  <start name="timer"> <resource name="RAM" quantum="1M"/> <provides> <service name="Timer"/> </provides> </start>
  <start name="app"> <resource name="RAM" quantum="1M"/> </start>
  <start name="sub"> <binary name="init"/> <resource name="RAM" quantum="1M"/>
    <config> <start name="leaf"> <route> <service name="LOG" label="x"> <parent/> </service> </route> </start> </config>
  </start>
</config>`;
const scenario = (config: string) => `<scenario name="a">${config}<succeed log="x"/></scenario>`;

test('explain names the rule that decided with its line, and why the earlier ones did not', async () => {
  put('run/a.xml', scenario(CONFIG));
  const log = await rescap('explain', 'a', 'app', 'LOG:foo');
  assert.is(log.status, 0, log.err);
  assert.match(log.out, /^app asks for LOG "foo": it goes to the parent\n/);
  assert.match(log.out, /run\/a\.xml:4:5 +<service name="Timer"> +is for "Timer"\n/);
  assert.match(log.out, /\n> run\/a\.xml:5:19 +<parent\/> +the parent provides the service\n/);
  assert.match(log.out, /session arguments: label="app -> foo"\n$/);
  assert.match((await rescap('explain', 'a', 'app', 'Timer')).out, /it goes to the child "timer"/);
});

test('explain tells a denied request and one that init serves itself', async () => {
  put('run/a.xml', scenario(CONFIG));
  assert.match((await rescap('explain', 'a', 'app', 'Nic')).out, /app asks for Nic: denied\n[^]*> no route to service "Nic"/);
  assert.match((await rescap('explain', 'a', 'app', 'ROM:config')).out, /init provides it itself \(module "config"\)/);
});

test('explain follows a path into an inner init, and refuses what no init routes', async () => {
  put('run/a.xml', scenario(CONFIG));
  assert.match((await rescap('explain', 'a', 'sub -> leaf', 'LOG')).out, /leaf asks for LOG: denied\n[^]*wants the label "x"/);
  assert.match((await rescap('explain', 'a', 'app -> leaf', 'LOG')).err, /'app' is no init with a configuration of its own/);
  assert.match((await rescap('explain', 'a', 'ap', 'LOG')).err, /there is no child 'ap'\nhelp: did you mean 'app'\?/);
  assert.is((await rescap('explain', 'a', 'app')).status, 2);
});

test('explain reads a bare configuration', async () => {
  put('init.config', CONFIG);
  assert.match((await rescap('explain', 'init.config', 'app', 'LOG')).out, /> init\.config:5:19/);
});

const lint = async (config: string, ...options: readonly string[]) => {
  put('run/a.xml', scenario(config));
  return rescap('lint', 'a', ...options);
};

test('lint warns about what init would swallow or deny, and refuses it with --strict', async () => {
  const bad: readonly (readonly [config: string, message: RegExp])[] = [
    [CONFIG.replace('child name="timer"', 'child name="tmer"'), /warning\[E026\]: there is no child "tmer"/],
    [CONFIG.replace('service name="Timer"> <child name="timer"/>', 'service name="RM"> <parent/>'), /warning\[E026\]: the parent does not provide "RM"/],
    [CONFIG.replace('quantum="1M"', 'quantum="1MB"'), /warning\[E014\]: quantum: '1MB' is no number of bytes/],
    [CONFIG.replace('<start name="app">', '<start name="app" caps="100">'), /warning\[E012\]: init does not read the attribute 'caps'/],
    [CONFIG.replace('<start name="app">', '<start name="app"> <foo/>'), /warning\[E011\]: init does not read <foo> inside <start>/],
    [CONFIG.replace('<start name="app"> <resource name="RAM" quantum="1M"/>', '<start name="app">'), /warning\[E027\]: "app" has no RAM/],
    [CONFIG.replace('<any-service> <parent/> <any-child/> </any-service>', '$&<service name="Timer"> <child name="timer"/> </service>'), /warning\[E026\]: this rule of the default route never gets a turn/],
  ];
  for (const [config, message] of bad) {
    const lenient = await lint(config);
    assert.match(lenient.err, message);
    assert.is(lenient.status, 0);
    assert.is((await lint(config, '--strict')).status, 2);
  }
  const good = await lint(CONFIG, '--strict');
  assert.is(good.status, 0, good.err);
  assert.is(good.out, '1 file is well-formed\n');
});

test('lint names a golden that no step names', async () => {
  put('run/a.golden/old.caps', '');
  assert.match((await lint(CONFIG)).err, /warning\[E028\]: no step names the golden run\/a\.golden\/old\.caps/);
  rmSync(join(folder, 'run/a.golden'), { recursive: true });
});

test('lint reads bare configurations in the dialect asked for', async () => {
  put('b.config', CONFIG.replace('<config>', '<config> <report ids="yes"/>'));
  assert.match((await rescap('lint', 'b.config')).err, /b\.config:1:11: warning\[E011\][^]*Genode 17\.02 reads it/);
  assert.is((await rescap('lint', '--genode', '17.02', 'b.config')).err, '');
  assert.match((await rescap('lint', '--genode', '12', 'b.config')).err, /there are: 16\.08, 17\.02/);
  put('broken.config', '<config>');
  assert.is((await rescap('lint', 'broken.config')).status, 2);
});

/** What is wrong with shipped configurations (init-run-tools.md 1.1, 3.2), by file. */
const KNOWN_DEFECTS: Readonly<Record<string, readonly RegExp[]>> = {
  'base-linux__lx_uid.xml': [/'uid' of <start>/, /'gid' of <start>/, /'uid' of <start>/],
  'base__ds_ownership.xml': [/no parent provides "CAP"/],
  'base__util_mmio.xml': [/no parent provides "CAP"/],
  'dde_rump__vfs_stress_rump_fs.xml': [/no parent provides "CAP"/, /no parent provides "SIGNAL"/],
  'gems__nit_fader.xml': [/"Nitpicker" .* ambiguous: nitpicker and nit_fader/],
  'libports__libc_select.xml': [/no parent provides "CAP"/],
  'libports__libc_vfs_select.xml': [/no parent provides "CAP"/],
  'os__input_filter.xml': [/"Input" .* ambiguous: input_filter and test-input_filter/],
  'os__part_blk.xml': [/"Block" .* ambiguous: rom_blk and part_blk/],
  'libports__acpica.xml': [/"Input" .* ambiguous/, /"Input" .* ambiguous/, /no client of "acpi_state" .* no child "platform_drv"/, /does not provide "SIGNAL"/, /does not provide "CAP"/, /no child "platform_drv"/],
  'ports__vbox_auto_genode_usb_hid.xml': [/no child "acpi_drv"/],
  'ports__vbox_pointer.xml': [/the route of "report_rom_nitpicker" never gets a turn/],
  'fischejo/run_rtcr_dualcore.xml': [/"Timer" .* ambiguous: timer and rtcr_app/, /<default> inside <config>/, /'caps' of <start>/, /'caps' of <start>/],
  'fischejo/run_rtcr_report.xml': [/"Timer" .* ambiguous: timer and rtcr_app/, /<default> inside <config>/, /'caps' of <start>/, /no child "rtcr_report"/, /'caps' of <start>/],
  'fischejo/run_rtcr_singlecore.xml': [/"Timer" .* ambiguous: timer and rtcr_app/, /<default> inside <config>/, /'caps' of <start>/, /'caps' of <start>/],
  'nados/run_cr.xml': [/no parent provides "CAP"/, /no parent provides "SIGNAL"/],
};

if (!existsSync(corpus)) test.skip('lint finds the known defects of real configurations and raises no false alarm', 'the corpus of configurations is not beside the repository');
else {
  test('lint finds the known defects of real configurations and raises no false alarm', async () => {
    for (const path of ['init-17.02', 'checkpoint-restore'].flatMap((part) => readdirSync(join(corpus, part), { recursive: true, encoding: 'utf8' }).map((name) => join(corpus, part, name)))) {
      if (!path.endsWith('.xml')) continue;
      const file = path.replace(/^.*\/(init-17\.02|checkpoint-restore)\//, '');
      const { err } = await rescap('lint', '--genode', '17.02', path);
      const found = err.split('\n').filter((line) => /: (warning|error)\[/.test(line));
      const known = KNOWN_DEFECTS[file] ?? [];
      assert.is(found.length, known.length, `${file}: ${found.join('; ')}`);
      for (const [index, line] of found.entries()) assert.match(line, known[index] ?? /^$/);
    }
  });
}

test('convert writes the same tree in another syntax and back', async () => {
  put('run/a.xml', scenario(CONFIG));
  const canonical = (await rescap('convert', 'run/a.xml', '--to', 'xml')).out;
  for (const syntax of ['yaml', 'hid']) {
    const there = await rescap('convert', 'run/a.xml', '--to', syntax, '--output', `other/a.${syntax}`);
    assert.is(there.status, 0, there.err);
    assert.is((await rescap('convert', `other/a.${syntax}`, '--to', 'xml')).out, canonical);
    assert.is((await rescap('lint', '--strict', `other/a.${syntax}`)).status, 0);
  }
});

test('convert overwrites nothing, tells lost comments, and needs to know both syntaxes', async () => {
  put('c.xml', '<config><!-- why --></config>');
  const { status, err, out } = await rescap('convert', 'c.xml', '--to', 'yaml');
  assert.is(status, 0);
  assert.match(err, /c\.xml:1:9: warning\[E024\]: 1 comment is left out/);
  assert.match(out, /config/);
  assert.match((await rescap('convert', 'c.xml', '--to', 'hid', '-o', 'c.xml')).err, /'c\.xml' exists already/);
  assert.is(readFileSync(join(folder, 'c.xml'), 'utf8'), '<config><!-- why --></config>');
  put('c.config', '<config/>');
  assert.match((await rescap('convert', 'c.config', '--to', 'hid')).err, /--from says it/);
  for (const args of [['c.xml'], ['c.xml', '--to', 'json'], ['none.xml', '--to', 'hid']]) assert.is((await rescap('convert', ...args)).status, 2);
});

test.run();
