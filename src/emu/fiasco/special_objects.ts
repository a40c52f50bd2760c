// The objects that exist from boot on and for ever, beside those that are made for guests; the root factory may be deleted. Owns no state: the kernel has them.
// Source modelled: fiasco-kernel.md 3.1, 9.

import type { Icu } from './icu.ts';
import type { SchedulerObject } from './scheduler_object.ts';
import type { Task } from './task.ts';
import type { Thread } from './thread.ts';
import type { Vlog } from './vlog.ts';

export interface SpecialObjects {
  readonly kernelTask: Task;
  readonly vlog: Vlog;
  readonly icu: Icu;
  readonly scheduler: SchedulerObject;
  readonly idle: Thread;
  readonly sigma0Task: Task;
}
