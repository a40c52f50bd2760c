// Platform control: suspending CPUs and the system, which this board does not do. Owns no state.
// Source modelled: fiasco-kernel.md 2.2, 10.

import { ERRNO } from './errors.ts';
import { KernelObject } from './kernel_object.ts';
import { failure, wordsOf } from './message_tag.ts';
import { type ObjectCall, type Result, dispatch } from './object_call.ts';

export class PlatformControl extends KernelObject {
  readonly type = 'Pfc';
}

/** The object does not look at the label. */
export function invokePlatformControl(call: ObjectCall<PlatformControl>): Result {
  if (wordsOf(call.tag) < 1) return failure(ERRNO.INVAL);
  return dispatch('Pfc', call.input.mr(0), call, {});
}
