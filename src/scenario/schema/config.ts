// The configuration of init inside a scenario: whose vocabulary is Genode's, checked in src/runtime/init.
// Pure table.

import { element, once } from './element.ts';

export const CONFIG = once(element('config', 'Configuration of init, in the syntax of Genode. <include file="..."/> may stand in it and in its start nodes.', {}, 'verbatim'));
