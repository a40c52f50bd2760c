// Attribute values that name files: scenarios, included files, listings, files that a run writes. None leads out of the folders that a
// scenario may see. Pure.

import { matching, ok, type ValueType } from './value_type.ts';

/** A name that can be a file name, too. */
export const NAME: ValueType<string> = {
  description: 'a name of letters, digits, and _ . - +',
  id: 'name',
  pattern: '[A-Za-z0-9_][A-Za-z0-9_.+\\-]{0,63}',
  parse: (text) =>
    /^[A-Za-z0-9_][A-Za-z0-9_.+-]{0,63}$/.test(text) ? ok(text) : { ok: false, expected: 'a name of at most 64 letters, digits, and _ . - + (not first: . - +)' },
};

/** A scenario: the path of its file below run/, at most one folder deep. */
export const SCENARIO_NAME: ValueType<string> = {
  description: 'a name of letters, digits, and _ . - +, after FOLDER/ where it is in a folder',
  id: 'scenario-name',
  pattern: '([A-Za-z0-9_][A-Za-z0-9_.+\\-]{0,63}/)?[A-Za-z0-9_][A-Za-z0-9_.+\\-]{0,63}',
  parse: (text) => {
    const parts = text.split('/');
    const wrong = parts.map(NAME.parse).find((part) => !part.ok);
    return wrong ?? (parts.length <= 2 ? ok(text) : { ok: false, expected: 'NAME or FOLDER/NAME' });
  },
};

/** A file below the scenario's folder. */
export const FILE: ValueType<string> = {
  description: 'a file name, relative to the folder of the scenario',
  parse: (text) => {
    const inside = text.length > 0 && !text.startsWith('/') && !/(^|\/)\.\.?(\/|$)|\/\/|\\|[\u0000-\u001f]/.test(text);
    return inside ? ok(text) : { ok: false, expected: 'a relative file name without . and ..' };
  },
};

/** A file that is included: it may stand in a neighbouring folder, but the path goes up at its beginning only. */
export const INCLUDED: ValueType<string> = {
  description: 'a file name, relative to the folder of the including file',
  parse: (text) => {
    const down = text.replace(/^(\.\.\/){1,2}/, '');
    return FILE.parse(down).ok ? ok(text) : { ok: false, expected: 'a relative file name; ../ may stand at its beginning, twice at most' };
  },
};

/** A listing in the scenario's golden folder, or in another scenario's: that one is looked at, and never written. */
export const GOLDEN: ValueType<string> = {
  description: "a file in the scenario's golden folder, or ../NAME.golden/FILE",
  parse: (text) => {
    if (FILE.parse(text).ok || (/^(\.\.\/){1,2}([^/]+\/)?[^/]+\.golden\/[^/]/.test(text) && INCLUDED.parse(text).ok)) return ok(text);
    return { ok: false, expected: "a file in the scenario's golden folder, or ../NAME.golden/FILE" };
  },
};

/** A file that a run writes. */
export const NEW_FILE = matching('a file name of letters, digits, and _ . - +', /^[A-Za-z0-9_][A-Za-z0-9_.+-]{0,127}$/);
