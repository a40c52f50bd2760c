// The elements and attributes that init reads, as a table per dialect: what a linter checks a configuration against.
// Pure data. Source modelled: init-run-tools.md 1.1 (17.02), genode-16.08-abi.md 6 (16.08), 1.7 (later syntax).

import type { Dialect } from './config.ts';
import { type Complaint, complainBool, complainBytes, complainSigned, complainUnsigned } from './values.ts';

export type AttributeRule = {
  readonly check: (value: string) => Complaint;
  readonly required?: true;
  /** Only this dialect knows it. */
  readonly only?: Dialect;
};

export type ElementRule = {
  readonly attributes: Readonly<Record<string, AttributeRule>>;
  readonly children: Readonly<Record<string, ElementRule>>;
  readonly only?: Dialect;
  /** Init reads the first one inside its parent element, whatever follows is ignored. */
  readonly once?: true;
  /** Whatever stands inside belongs to somebody else. */
  readonly opaque?: true;
};

const none = (): Complaint => undefined;
const text: AttributeRule = { check: none };
const requiredText: AttributeRule = { check: none, required: true };
const bool: AttributeRule = { check: complainBool };
const bytes: AttributeRule = { check: complainBytes };
const unsigned: AttributeRule = { check: complainUnsigned };
const signed: AttributeRule = { check: complainSigned };
const later = (rule: AttributeRule): AttributeRule => ({ ...rule, only: '17.02' });

const once = (rule: ElementRule): ElementRule => ({ ...rule, once: true });
const leaf = (attributes: ElementRule['attributes']): ElementRule => ({ attributes, children: {} });

const LABELS = { label: text, label_prefix: text, label_suffix: text, unscoped_label: later(text) };
const TARGETS: ElementRule['children'] = {
  parent: leaf({ label: later(text) }),
  child: leaf({ name: requiredText, label: later(text) }),
  'any-child': leaf({ label: later(text) }),
  'if-arg': { ...leaf({ key: requiredText, value: requiredText }), only: '16.08', once: true },
};
const ROUTE: ElementRule = {
  attributes: {},
  children: { service: { attributes: { name: requiredText, ...LABELS }, children: TARGETS }, 'any-service': { attributes: LABELS, children: TARGETS } },
};
const SERVICES: ElementRule = { attributes: {}, children: { service: leaf({ name: requiredText }) } };

const START: ElementRule = {
  attributes: { name: requiredText, priority: signed },
  children: {
    binary: once(leaf({ name: requiredText })),
    resource: leaf({ name: requiredText, quantum: { check: (value) => complainBytes(value), required: true }, constrain_phys: bool }),
    provides: once(SERVICES),
    route: once(ROUTE),
    config: { attributes: {}, children: {}, once: true, opaque: true },
    configfile: once(leaf({ name: requiredText })),
    affinity: once(leaf({ xpos: signed, ypos: signed, width: unsigned, height: unsigned })),
    exit: once(leaf({ propagate: bool })),
  },
};

const REPORT: ElementRule = {
  ...leaf({
    ids: bool, requested: bool, provided: bool, session_args: bool, child_ram: bool, init_ram: bool, delay_ms: unsigned, buffer: bytes,
  }),
  only: '17.02',
  once: true,
};

export const CONFIG: ElementRule = {
  attributes: { prio_levels: signed, verbose: bool, version: later(text) },
  children: {
    'parent-provides': once(SERVICES),
    'default-route': once(ROUTE),
    'affinity-space': once(leaf({ width: unsigned, height: unsigned })),
    alias: leaf({ name: requiredText, child: requiredText }),
    start: START,
    report: REPORT,
    resource: { ...leaf({ name: requiredText, preserve: bytes }), only: '17.02' },
  },
};

/** What later Genode versions write, by "element" or "element@attribute", and what to write instead. */
export const LATER_SYNTAX: Readonly<Record<string, string>> = {
  'start@ram': '<resource name="RAM" quantum="..."/> inside the start node',
  'start@caps': 'nothing: this version has no capability quotas',
  'start@version': 'nothing: change the inline configuration instead',
  'start@ld': 'nothing: whether the linker is needed is read from the binary',
  'start@managing_system': '<resource name="RAM" ... constrain_phys="yes"/>',
  'service@label_last': 'label_suffix',
  'any-service@label_last': 'label_suffix',
  default: 'a RAM resource in each start node',
  heartbeat: 'nothing: this version has no heartbeats',
  'config/service': 'nothing: this init does not serve its parent',
};
