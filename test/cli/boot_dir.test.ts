// Tests of --boot-dir and init="guest": which file a ROM module comes from. They boot the real system with shipped programs under
// other names. Owner of one temporary folder, removed at the end.

import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { findPackageRoot } from '../../src/cli/context.ts';
import { main } from '../../src/cli/main.ts';
import { suite } from '../kit.ts';
import { realContext } from './context.ts';

const test = suite('boot folder');
const folder = mkdtempSync(join(tmpdir(), 'rescap-boot-'));
test.after(() => rmSync(folder, { recursive: true, force: true }));

const packageRoot = findPackageRoot();
const shipped = (name: string) => join(packageRoot, 'src/guest/bin', `${name}.elf`);
mkdirSync(join(folder, 'rom'));
mkdirSync(join(folder, 'init'));
mkdirSync(join(folder, 'empty'));

const SERVICES = ['PD', 'CPU', 'ROM', 'RAM', 'RM', 'LOG'].map((name) => `<service name="${name}"/>`).join('');
const HEAD = `<parent-provides>${SERVICES}</parent-provides><default-route><any-service><parent/></any-service></default-route>`;
const start = (name: string) => `<start name="${name}"><resource name="RAM" quantum="1M"/></start>`;

async function run(attributes: string, children: string, awaited: string, options: readonly string[], rest = ''): Promise<{ status: number; out: string; err: string }> {
  const steps = `<steps><await log="${awaited}"/></steps><fail after_ms="2000"/>`;
  writeFileSync(join(folder, 'boot.xml'), `<scenario name="boot" ${attributes}><config>${HEAD}${children}</config>${rest}${steps}</scenario>`);
  const { context, output, errors } = realContext(folder, { packageRoot, wall_ms: () => performance.now() });
  const status = await main(['run', ...options, 'boot.xml'], context);
  return { status, out: output(), err: errors() };
}

test('a program comes from the boot folder, under its name or with .elf behind it, and from the package otherwise', async () => {
  copyFileSync(shipped('log_only'), join(folder, 'rom/fault'));
  copyFileSync(shipped('log_only'), join(folder, 'rom/other.elf'));
  const options = ['--boot-dir', 'rom'];
  assert.is((await run('', start('fault'), '[init -> fault] log_only: hello', options)).status, 0);
  assert.is((await run('', start('other'), '[init -> other] log_only: hello', options)).status, 0);
  assert.is((await run('', start('spin'), '[init -> spin] spin: ', options)).status, 0);
  assert.is((await run('', start('fault'), '[init -> fault] log_only: hello', [])).status, 4);
});

test('a module may be a program shipped under another name, and a boot folder has another one for it', async () => {
  copyFileSync(shipped('fault'), join(folder, 'rom/renamed'));
  const boot = (program: string) => `<boot><module name="init"/><module name="renamed" program="${program}"/></boot>`;
  assert.is((await run('', start('renamed'), '[init -> renamed] log_only: hello', [], boot('log_only'))).status, 0);
  assert.is((await run('', start('renamed'), '[init -> renamed] log_only: hello', ['--boot-dir', 'rom'], boot('log_only'))).status, 4);
  const slip = await run('', start('renamed'), 'x', [], boot('log_onyl'));
  assert.is(slip.status, 2);
  assert.match(slip.out + slip.err, /E018.*no program 'log_onyl' is shipped[\s\S]*log_only/);
  const nowhere = await run('', start('other_name'), 'x', ['--boot-dir', 'empty'], boot('log_onyl').replace('renamed', 'other_name'));
  assert.match(nowhere.out + nowhere.err, /there is no 'other_name' in .*empty, and no program 'log_onyl' is shipped/);
});

test('the other files of the folder become ROM modules, by name', async () => {
  mkdirSync(join(folder, 'whole'));
  for (const name of ['b.config', 'a.config', 'core', 'log_only.elf']) writeFileSync(join(folder, 'whole', name), '<config/>');
  copyFileSync(shipped('log_only'), join(folder, 'whole/log_only'));
  const { status, out } = await run('', start('log_only'), '[init -> log_only] log_only: hello', ['--boot-dir', 'whole']);
  assert.is(status, 0);
  const listed = [...out.matchAll(/ ROM: \[([0-9a-f]+),[0-9a-f]+\) (\S+)/g)].sort().map(([, , name]) => name);
  assert.equal(listed.filter((name) => name !== 'kip' && name !== 'l4v2_kip'), ['config', 'init', 'log_only', 'a.config', 'b.config']);
});

test('a folder of many files boots: the info page of the kernel has few descriptors', async () => {
  mkdirSync(join(folder, 'many'));
  for (let i = 0; i < 40; i++) writeFileSync(join(folder, 'many', `file_${i}`), 'x');
  assert.is((await run('', start('log_only'), '[init -> log_only] log_only: hello', ['--boot-dir', 'many'])).status, 0);
});

test('of a folder too big for that only files that the configuration names become ROM modules, and a warning says so', async () => {
  mkdirSync(join(folder, 'big'));
  writeFileSync(join(folder, 'big/big.bin'), new Uint8Array(33 * 1024 * 1024));
  writeFileSync(join(folder, 'big/child.config'), '<config/>');
  const child = start('log_only').replace('</start>', '<configfile name="child.config"/></start>');
  const { status, out, err } = await run('', child, '[init -> log_only] log_only: hello', ['--boot-dir', 'big']);
  assert.is(status, 0);
  assert.match(out, / ROM: \[[0-9a-f]+,[0-9a-f]+\) child\.config/);
  assert.not.match(out, /\) big\.bin/);
  assert.match(out + err, /warning.*1 files of .*big are no ROM modules/);
});

test('core starts the init of the boot folder only where the scenario says so', async () => {
  copyFileSync(shipped('log_only'), join(folder, 'init/init'));
  const options = ['--boot-dir', 'init'];
  assert.is((await run('init="guest"', '', '[init] log_only: hello', options)).status, 0);
  assert.is((await run('init="built-in"', start('log_only'), '[init -> log_only] log_only: hello', options)).status, 0);
  assert.is((await run('', start('log_only'), '[init -> log_only] log_only: hello', options)).status, 0);
});

test('an init may be named as a boot module with a file', async () => {
  const boot = '<boot><module name="init" file="init/init"/></boot>';
  assert.is((await run('init="guest"', '', '[init] log_only: hello', [], boot)).status, 0);
});

test('init="guest" without a compiled init is an error that says where one is looked for', async () => {
  const without = await run('init="guest"', start('log_only'), 'x', []);
  assert.is(without.status, 2);
  assert.match(without.out + without.err, /init="guest" starts a compiled init, and none is there[\s\S]*--boot-dir/);
  const empty = await run('init="guest"', start('log_only'), 'x', ['--boot-dir', 'empty']);
  assert.is(empty.status, 2);
  assert.match(empty.out + empty.err, /there is no file 'init' in /);
});

test('a file that is no executable is refused with its place in the file, a folder that is missing as wrong usage', async () => {
  writeFileSync(join(folder, 'rom/broken'), 'no program');
  const broken = await run('', start('broken'), 'x', ['--boot-dir', 'rom']);
  assert.is(broken.status, 2);
  assert.match(broken.out + broken.err, /E025.*broken' cannot be executed: .* \(at byte \d+\)/);
  const missing = await run('', start('nowhere'), 'x', ['--boot-dir', 'rom']);
  assert.match(missing.out + missing.err, /there is no 'nowhere' in .*rom, and no program of that name is shipped/);
  const folderless = await run('', start('log_only'), 'x', ['--boot-dir', 'rom/none']);
  assert.is(folderless.status, 2);
  assert.match(folderless.err, /--boot-dir: there is no folder 'rom\/none'/);
});

/** A shipped program with bytes of its header replaced. */
function changed(name: string, changes: Readonly<Record<number, number>>): Buffer {
  const bytes = readFileSync(shipped(name));
  for (const [at, value] of Object.entries(changes)) bytes[Number(at)] = value;
  return bytes;
}

test('a program for another machine, byte order or word size is refused by what is wrong with it', async () => {
  const cases: readonly (readonly [string, Buffer, RegExp])[] = [
    ['mips', changed('log_only', { 18: 8 }), /is for machine 8, not for ARM/],
    ['big_endian', changed('log_only', { 5: 2 }), /not little-endian/],
    ['wide', changed('log_only', { 4: 2 }), /not a 32-bit object/],
    ['text', Buffer.from('no program'), /does not start with the ELF magic/],
    ['short', readFileSync(shipped('log_only')).subarray(0, 3000), /segment content ends at \d+, the file at 3000/],
  ];
  for (const [name, bytes, message] of cases) {
    writeFileSync(join(folder, 'rom', name), bytes);
    const { status, out, err } = await run('', start(name), 'x', ['--boot-dir', 'rom']);
    assert.is(status, 2, name);
    assert.match(out + err, message);
    rmSync(join(folder, 'rom', name));
  }
});

test('a program of the hard-float ABI starts, with a warning that names the remedy', async () => {
  mkdirSync(join(folder, 'hard'));
  writeFileSync(join(folder, 'hard/log_only'), changed('log_only', { 37: 4 }));
  const { status, out, err } = await run('', start('log_only'), '[init -> log_only] log_only: hello', ['--boot-dir', 'hard']);
  assert.is(status, 0);
  assert.match(out + err, /warning\[E025\]: 'log_only' is compiled for a hard-float ABI[\s\S]*-mfloat-abi=soft/);
});

test('a dynamically linked program without a linker among the modules is warned of before init says that it cannot start it', async () => {
  mkdirSync(join(folder, 'dynamic'));
  const bytes = readFileSync(shipped('log_only'));
  // A new table of program headers behind the file: the old ones, PT_INTERP and PT_DYNAMIC.
  const text = Buffer.from('ld.lib.so\0\0\0');
  const [at, count] = [bytes.readUInt32LE(28), bytes.readUInt16LE(44)];
  const header = (type: number) => Buffer.from(new Uint32Array([type, bytes.length, 0, 0, text.length, text.length, 4, 4]).buffer);
  const headers = Buffer.concat([bytes.subarray(at, at + 32 * count), header(3), header(2)]);
  bytes.writeUInt32LE(bytes.length + text.length, 28);
  bytes.writeUInt16LE(count + 2, 44);
  writeFileSync(join(folder, 'dynamic/log_only'), Buffer.concat([bytes, text, headers]));
  const line = '[init] Error: attempt to start dynamic executable without dynamic linker';
  const { status, out, err } = await run('', start('log_only'), line, ['--boot-dir', 'dynamic']);
  assert.is(status, 0);
  assert.match(out + err, /warning\[E025\]: 'log_only' is dynamically linked, and there is no module 'ld.lib.so'/);
});

test('a link that leads nowhere and a folder in the boot folder are no modules and no obstacles', async () => {
  mkdirSync(join(folder, 'links/inner'), { recursive: true });
  symlinkSync(join(folder, 'nowhere'), join(folder, 'links/dangling'));
  assert.is((await run('', start('log_only'), '[init -> log_only] log_only: hello', ['--boot-dir', 'links'])).status, 0);
});

test('a module whose file cannot be read is an error at the line that names it', async () => {
  const { status, out, err } = await run('', '', 'x', [], '<boot><module name="init"/><module name="blob" file="links"/></boot>');
  assert.is(status, 2);
  assert.match(out + err, /boot\.xml:1:\d+: error\[E018\]: 'links' cannot be read: EISDIR/);
});

test('more modules than the board can hold are an invalid scenario, not a failing boot', async () => {
  mkdirSync(join(folder, 'vast'));
  writeFileSync(join(folder, 'vast/blob'), '');
  truncateSync(join(folder, 'vast/blob'), 60 * 1024 * 1024);
  const names = ['blob_1', 'blob_2', 'blob_3'];
  const boot = `<boot><module name="init"/>${names.map((name) => `<module name="${name}" file="vast/blob"/>`).join('')}</boot>`;
  const { status, out, err } = await run('', '', 'x', [], boot);
  assert.is(status, 2);
  assert.match(out + err, /the boot modules have \d+ bytes, the limit is 134217728/);
});

test.run();
