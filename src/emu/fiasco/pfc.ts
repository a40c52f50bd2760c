// Platform control: suspending CPUs and the system, which the kernel of this board refuses. Owns no state.
// Source modelled: fiasco-kernel.md 2.2, 10.

import { ERRNO } from './errors.ts';
import { KernelObject } from './kernel_object.ts';
import { failure } from './message_tag.ts';
import { type Handlers, type ObjectCall, type Result, dispatch } from './object_call.ts';

export class PlatformControl extends KernelObject {
  readonly type = 'Pfc';
}

/** A board with one CPU takes no CPU offline, and cannot suspend. */
const HANDLERS: Handlers<'Pfc', PlatformControl> = {
  suspend_cpu: () => failure(ERRNO.NOSYS),
  resume_cpu: () => failure(ERRNO.NOSYS),
  suspend_system: () => failure(ERRNO.BUSY),
};

/** The object looks neither at the label nor at the length. */
export function invokePlatformControl(call: ObjectCall<PlatformControl>): Result {
  return dispatch('Pfc', call.input.mr(0), call, HANDLERS);
}
