// Which task a name means (product.md, goldens): a component's label, `NAME#2` for the second of that name, or a debugger id.
// A name that fits several living tasks is refused. Owns no state.

import type { ComponentInfo } from '../runtime/system.ts';

export type TaskFound = { readonly ok: true; readonly component: ComponentInfo } | { readonly ok: false; readonly message: string };

const hexId = (id: number) => `0x${id.toString(16)}`;

export function findTask(name: string, components: readonly ComponentInfo[]): TaskFound {
  if (/^0x[0-9a-f]+$/i.test(name)) return byId(Number(name), components);
  const match = /^(.*?)(?:#(\d+))?$/.exec(name);
  const label = (match?.[1] ?? name).split('->').map((element) => element.trim()).join(' -> ');
  const named = components.filter((component) => fits(label, component.label));
  if (named.length === 0) {
    const known = components.filter(({ alive }) => alive).map((component) => component.label);
    return { ok: false, message: `no task is called '${label}'; living tasks: ${known.join(', ') || 'none'}` };
  }
  if (match?.[2] !== undefined) return byNumber(label, Number(match[2]), named);
  const living = named.filter(({ alive }) => alive);
  const [only] = living;
  if (only === undefined) return { ok: false, message: `'${label}' is not alive any more` };
  if (living.length > 1) {
    const choices = living.map((component) => `${component.label} (${hexId(component.task)})`).join(', ');
    return { ok: false, message: `'${label}' could mean ${living.length} tasks: ${choices}; name one by its whole label, by '${label}#N' or by its id` };
  }
  return { ok: true, component: only };
}

/** Whether a written label means a component: the whole label, without "init ->", or its last elements. */
function fits(written: string, label: string): boolean {
  return label === written || label.endsWith(` -> ${written}`);
}

function byId(id: number, components: readonly ComponentInfo[]): TaskFound {
  const component = components.find(({ task }) => task === id);
  if (component === undefined) return { ok: false, message: `no component lives in task ${hexId(id)}` };
  return component.alive ? { ok: true, component } : { ok: false, message: `task ${hexId(id)} (${component.label}) is not alive any more` };
}

function byNumber(label: string, number: number, named: readonly ComponentInfo[]): TaskFound {
  const forgotten = named.reduce((sum, { forgotten: before = 0 }) => sum + before, 0);
  if (forgotten > 0) return { ok: false, message: `${forgotten} tasks called '${label}' are so long gone that they are not remembered, so #${number} is not known; name the task by its id` };
  const component = named[number - 1];
  if (component === undefined) return { ok: false, message: `there have been only ${named.length} tasks called '${label}', no #${number}` };
  return component.alive ? { ok: true, component } : { ok: false, message: `'${label}#${number}' is not alive any more` };
}
