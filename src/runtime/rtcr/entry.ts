// What the glue uses of the checkpoint/restore component: functions only, because in the bundle the component, a third of the runtime,
// is loaded with the first call of one of them (build.mjs). Owns no state.

import './program.ts';

export { controlOutcome, extensionsUsed, postControl } from './control.ts';
export { takeExport } from './image/export_image.ts';
export { leaveImage } from './image/import_image.ts';

/** Declares the component's programs, if that has not been done. */
export function declareCheckpointers(): void {}
