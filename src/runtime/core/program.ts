// Core as a program: its services and the procedure of its first thread. Importing this file declares all of core.
// Source modelled: genode-16.08-abi.md 2, 4.5. Owns the declaration of the program, no state.

import { defineProgram } from '../native/component.ts';
import type { HasStore } from '../native/store.ts';
import './core_pager.ts';
import { coreConstruct, coreMain } from './boot.ts';
import { coreParentService } from './core_parent.ts';
import { cpuThreadService } from './cpu_thread.ts';
import { cpuSessionService, nativeCpuService } from './cpu_session.ts';
import { dataspaceService } from './dataspace.ts';
import { destroyObject } from './kernel_object.ts';
import { logSessionService } from './log_session.ts';
import { CORE_PROGRAM } from './names.ts';
import { nativePdService } from './native_pd.ts';
import { pdSessions, pdSessionService } from './pd_session.ts';
import { ramSessionService } from './ram_session.ts';
import { regionMapService } from './region_map_service.ts';
import { rmSessionService } from './rm_session.ts';
import { romSessionService } from './rom_session.ts';
import { signalSourceService } from './signal_broker.ts';
import { traceSessionService } from './trace_session.ts';
import { cancelBlocking, pause, resume } from './thread_control.ts';

export { dataspaceList } from './dataspace.ts';
export { coreServices } from './roots.ts';

const CAP_RECORDS = 10 * 1024;

export const coreProgram = defineProgram({
  name: CORE_PROGRAM,
  main: coreMain.name,
  services: {
    Parent: coreParentService,
    Constructor: { construct: coreConstruct },
    Pd_session: pdSessionService,
    Native_pd: nativePdService,
    Cpu_session: cpuSessionService,
    Native_cpu: nativeCpuService,
    Cpu_thread: { ...cpuThreadService, pause, resume, cancel_blocking: cancelBlocking },
    Ram_session: ramSessionService,
    Region_map: regionMapService,
    Rm_session: rmSessionService,
    Dataspace: dataspaceService,
    Rom_session: romSessionService,
    Log_session: logSessionService,
    Signal_source: signalSourceService,
    Trace_session: traceSessionService,
  },
  text_bytes: 0,
  data_bytes: 0,
  dropped: destroyObject,
  cap_records: CAP_RECORDS,
});

/** A protection domain as core knows it; which kernel task it is, tells core's capability table at the slot. */
export interface PdLabel {
  readonly label: string;
  /** Slot of the task in core's capability table. */
  readonly task_slot: number;
}

/** Protection domains that exist, in the order of their creation. Destroyed ones are no longer listed. */
export function pdLabels(core: HasStore): readonly PdLabel[] {
  return pdSessions(core).entries().map(([, { label, task }]) => ({ label, task_slot: task.slot }));
}
