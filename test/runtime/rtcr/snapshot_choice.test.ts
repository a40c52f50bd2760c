// Which snapshot of a checkpoint of several components each component of a restore gets.

import * as assert from 'uvu/assert';
import { snapshotsFor } from '../../../src/runtime/rtcr/snapshot_choice.ts';
import { type Snapshot, snapshots } from '../../../src/runtime/rtcr/target_state.ts';
import { Store } from '../../../src/runtime/native/store.ts';
import { suite } from '../../kit.ts';

const test = suite('snapshots of a checkpoint');

/** Two checkpoints: "both" of server and client, "one" of client. Their keys are 1, 2 and 3. */
function stored(): { readonly store: Store } {
  const owner = { store: new Store() };
  for (const [name, target_name] of [['both', 'server'], ['both', 'client'], ['one', 'client']]) snapshots(owner).insert({ name, target_name } as Snapshot);
  return owner;
}

test('names of the checkpoint get their own snapshots in whatever order', () => {
  assert.equal(snapshotsFor(stored(), 'both', ['client', 'server']), { items: [{ snapshot: 2, name: 'client' }, { snapshot: 1, name: 'server' }] });
});

test('one name of the checkpoint restores that component alone', () => {
  assert.equal(snapshotsFor(stored(), 'both', ['client']), { items: [{ snapshot: 2, name: 'client' }] });
});

test('other names stand for the components in the order of the checkpoint', () => {
  assert.equal(snapshotsFor(stored(), 'both', ['a', 'b']), { items: [{ snapshot: 1, name: 'a' }, { snapshot: 2, name: 'b' }] });
  assert.equal(snapshotsFor(stored(), 'one', ['dolly']), { items: [{ snapshot: 3, name: 'dolly' }] });
});

test('another name among too few, and a checkpoint that is not there, are refused with what there is', () => {
  const few = snapshotsFor(stored(), 'both', ['dolly']);
  assert.match('error' in few ? few.error : '', 'checkpoint "both" is of "server", "client": "dolly" is not among them');
  const none = snapshotsFor(stored(), 'neither', ['client']);
  assert.match('error' in none ? none.error : '', 'there is no checkpoint "neither"');
});

test.run();
