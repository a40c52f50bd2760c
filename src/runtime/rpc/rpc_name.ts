// Which RPC a name that a person wrote means: "Log_session::write" and "Log.write" are the same, an interface alone is all of it.
// Owns no state.

import { INTERFACES } from './interfaces.ts';
import type { RpcName } from '../system.ts';

/** "Log::write" and "Log_session::write" are the same; an interface alone means all its functions. */
export function isRpc(written: string, rpc: RpcName | undefined): boolean {
  if (rpc === undefined || rpc.interface === null) return false;
  const [name = '', fn] = written.split(/::|\./);
  const inner = rpc.interface.replace(/_session$/, '');
  return (name === rpc.interface || name === inner || name === `${inner}_session`) && (fn === undefined || fn === rpc.function);
}

/** What is wrong with a name that no known RPC has, and the names among which the meant one may be; null if it names some. */
export function unknownRpc(written: string): { readonly message: string; readonly names: readonly string[] } | null {
  const [interfaceName = '', fn] = written.split(/::|\./);
  const found = Object.values(INTERFACES).find(({ name }) => isRpc(interfaceName, { interface: name, function: null, opcode: 0 }));
  if (found === undefined) return { message: `there is no RPC interface '${interfaceName}'`, names: Object.keys(INTERFACES) };
  if (fn === undefined || found.functions.some(({ name }) => name === fn)) return null;
  return { message: `${found.name} has no function '${fn}'`, names: found.functions.map(({ name }) => `${interfaceName}::${name}`) };
}
