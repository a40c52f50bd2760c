// Limits of everything on the board that can grow. Reaching one is an outcome that a guest or a caller sees (a kernel error, a
// decoding error), never an exhausted host. Owns no state.

/** Live kernel objects. Each is 4 KiB or less of a real kernel's memory, so the real one is smaller. */
export const LIMIT_KERNEL_OBJECTS = 65_536;
/** Occupied capability slots over all tasks. */
export const LIMIT_CAPABILITIES = 1 << 20;
/** Nodes of the memory mapping database over all tasks. */
export const LIMIT_MEMORY_MAPPINGS = 1 << 20;
/** Name records of the kernel debugger: 32 KiB of 28-byte records (fiasco-kernel.md 2.10). */
export const LIMIT_NAME_RECORDS = 1170;
/** Memory that the kernel keeps for itself at the top of the RAM, as on the captured board. */
export const LIMIT_KERNEL_MEMORY_BYTES = 16 << 20;
/** Smallest and largest board. The upper end keeps every byte index below the kernel's part of the address space. */
export const LIMIT_RAM_MIN_BYTES = 64 << 20;
export const LIMIT_RAM_MAX_BYTES = 1024 << 20;
/** An encoded machine state larger than this is refused before anything of it is decoded. */
export const LIMIT_STATE_BYTES = 1 << 30;
/** Nesting of plain data in an encoded machine state. */
export const LIMIT_STATE_DEPTH = 64;
/** Characters that one debugger or console call may print. */
export const LIMIT_CONSOLE_CHARACTERS = 4096;

/** Machines whose RAM and engine are kept for the next ones, and what of its RAM such a machine may have written. */
export const LIMIT_SPARE_MACHINES = 2;
export const LIMIT_SPARE_BYTES = 64 << 20;
