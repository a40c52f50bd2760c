// Core's allocators at boot are kept for the next boot: no system sees what another one did with its own.

import * as assert from 'uvu/assert';
import { ALLOCATOR, changeAllocator } from '../../../src/runtime/core/allocators.ts';
import { dumpAllocator, setupPlatformMemory } from '../../../src/runtime/core/platform_memory.ts';
import { Store } from '../../../src/runtime/native/store.ts';
import { suite } from '../../kit.ts';

const test = suite('memory of the platform');

const RAM = { base: 0x7000_0000, size: 64 << 20 };

function booted(build: 'rtcr' | 'stock') {
  const x = { store: new Store() };
  setupPlatformMemory(x, build, RAM, []);
  return { x, dump: () => dumpAllocator(x, build, 'ram').join('\n') };
}

test('a system that boots after another one of the same kind has the memory that the other one had at its boot', () => {
  const first = booted('rtcr');
  const before = first.dump();
  assert.ok(changeAllocator(first.x, ALLOCATOR.ram, (ram) => ram.alloc(0x4000, 12)) !== undefined);
  assert.is.not(first.dump(), before);
  assert.is(booted('rtcr').dump(), before);
});

test('a system of another kind in between changes nothing', () => {
  const before = booted('rtcr').dump();
  assert.is.not(booted('stock').dump(), before);
  assert.is(booted('rtcr').dump(), before);
});

test.run();
