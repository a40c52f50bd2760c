// The captured boot beside QEMU: an image is booted until the line, its time is taken, and images that do not come there are named.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { bootInQemu, LAST_LINE } from '../../src/cli/commands/bench_capture.ts';
import { realContext } from './context.ts';
import { suite } from '../kit.ts';

const test = suite('bench capture');
const LOAD_AT = 0x7001_0000;

/** A program for the bare board that writes a text to its serial line and then waits for ever. */
function printer(text: string): Uint8Array {
  // ldr r0, [pc, #20] (uart); adr r1, text; ldrb r2, [r1], #1; cmp r2, #0; strne r2, [r0]; bne loop; b .; uart
  const code = [0xe59f_0014, 0xe28f_1014, 0xe4d1_2001, 0xe352_0000, 0x1580_2000, 0x1aff_fffb, 0xeaff_fffe, 0x1000_9000];
  const body = new Uint8Array(code.length * 4 + text.length + 1);
  const words = new DataView(body.buffer);
  code.forEach((word, i) => words.setUint32(i * 4, word, true));
  body.set(new TextEncoder().encode(text), code.length * 4);
  const head = new Uint8Array(84);
  const view = new DataView(head.buffer);
  head.set([0x7f, 0x45, 0x4c, 0x46, 1, 1, 1]);
  const put16 = (at: number, value: number): void => view.setUint16(at, value, true);
  const put32 = (at: number, value: number): void => view.setUint32(at, value, true);
  put16(16, 2); put16(18, 40); put32(20, 1); put32(24, LOAD_AT); put32(28, 52); put16(40, 52); put16(42, 32); put16(44, 1);
  put32(52, 1); put32(56, 84); put32(60, LOAD_AT); put32(64, LOAD_AT); put32(68, body.length); put32(72, body.length); put32(76, 7); put32(80, 4);
  return Uint8Array.from([...head, ...body]);
}

const { context } = realContext('.', { wall_ms: () => performance.now() });
const folder = mkdtempSync(join(tmpdir(), 'rescap-bench-'));
test.after(() => rmSync(folder, { recursive: true }));

const image = (name: string, text: string): string => {
  const file = join(folder, name);
  writeFileSync(file, printer(text));
  return file;
};

async function messageOf(work: Promise<unknown>): Promise<string> {
  return work.then(() => '', (error: Error) => error.message);
}

const hasQemu = spawnSync('qemu-system-arm', ['--version'], { stdio: 'ignore' }).status === 0;
const withQemu = (name: string, body: () => Promise<void>): void => void (hasQemu ? test(name, body) : test.skip(name, 'qemu-system-arm is not here'));

withQemu('an image is timed until it prints the line, and ended there', async () => {
  const { wall_ms, cpu_ms } = await bootInQemu(image('good.elf', `[init -> sheep_counter] ${LAST_LINE}. zzZ\n`), context);
  assert.ok(wall_ms > 0 && wall_ms < 30_000, String(wall_ms));
  assert.ok(!(cpu_ms < 0), String(cpu_ms));
});

withQemu('an image that never prints the line is ended and named', async () => {
  const file = image('silent.elf', '2 sheeps. zzZ\n');
  assert.match(await messageOf(bootInQemu(file, context, 1500)), /silent\.elf did not print '3 sheeps' within 1\.5 s/);
});

test.run();
