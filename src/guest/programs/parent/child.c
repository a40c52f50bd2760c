/* How a child comes into being: its sessions, the segments of its program in its address space, its first thread
 * (genode-16.08-abi.md 3.1, 4.2). What the child finds first in its writable segment is the id of its parent capability. */
#include "child.h"

#include "dataspace.h"
#include "env.h"
#include "memory.h"
#include "print.h"

enum {
	PD_DONATION_BYTES = 64 * 1024,
	CPU_DONATION_BYTES = 64 * 1024,
	RAM_DONATION_BYTES = 32 * 1024,
	PROGRAM_HEADER_LOAD = 1,
	FLAG_EXECUTABLE = 1,
	FLAG_WRITABLE = 2,
	ELF_MAGIC = 0x464c457f,
};

struct elf_header {
	u32 magic;
	u8 identity[12];
	u16 type;
	u16 machine;
	u32 version;
	u32 entry;
	u32 program_headers;
	u32 section_headers;
	u32 flags;
	u16 header_bytes;
	u16 program_header_bytes;
	u16 program_header_count;
};

struct program_header {
	u32 type;
	u32 offset;
	u32 address;
	u32 physical;
	u32 file_bytes;
	u32 memory_bytes;
	u32 flags;
};

static const char *attach_read_only(struct cap *address_space, struct cap *file, const struct program_header *segment)
{
	struct attachment const where = {
		.bytes = segment->memory_bytes, .offset = segment->offset, .at_address = true, .address = segment->address,
		.executable = (segment->flags & FLAG_EXECUTABLE) != 0,
	};
	u32 at;

	return region_map_attach(address_space, file, &where, &at) == RPC_OK ? NULL : "a read-only segment cannot be attached";
}

static const char *attach_copy(struct child *child, struct cap *address_space, const char *file, const struct program_header *segment)
{
	struct attachment const where = { .bytes = segment->memory_bytes, .at_address = true, .address = segment->address };
	struct cap *dataspace = NULL;
	u32 at;
	char *here;

	if (ram_alloc(child->ram, segment->memory_bytes, CACHED, &dataspace) != RPC_OK)
		return "no RAM for the writable segment";
	here = (char *)env_attach(env.address_space, dataspace);
	memcpy(here, file + segment->offset, segment->file_bytes);
	*(u32 *)here = cap_id(child->parent_cap);
	region_map_detach(env.address_space, (u32)here);
	if (region_map_attach(address_space, dataspace, &where, &at) != RPC_OK)
		return "the writable segment cannot be attached";
	cap_drop(dataspace);
	return NULL;
}

static const char *load(struct child *child, const struct rom *rom, u32 *entry)
{
	const struct elf_header *elf = rom->content;
	const char *file = rom->content, *fault = NULL;
	struct cap *address_space = NULL;

	if (rom->bytes < sizeof(*elf) || elf->magic != ELF_MAGIC)
		return "its program is no ELF file";
	*entry = elf->entry;
	pd_address_space(child->pd, &address_space);
	for (u32 n = 0; n < elf->program_header_count && !fault; n++) {
		const struct program_header *segment = (const void *)(file + elf->program_headers + n * elf->program_header_bytes);

		if (segment->type != PROGRAM_HEADER_LOAD)
			continue;
		fault = segment->flags & FLAG_WRITABLE ? attach_copy(child, address_space, file, segment) : attach_read_only(address_space, rom->dataspace, segment);
	}
	cap_drop(address_space);
	return fault;
}

static const char *open_sessions(struct child *child)
{
	char args[64];
	i32 result = 0;

	print_text(args, sizeof(args), "ram_quota=%u", RAM_DONATION_BYTES);
	child->ram = child_open_session(child, "RAM", args);
	print_text(args, sizeof(args), "ram_quota=%u, priority=0x0", CPU_DONATION_BYTES);
	child->cpu = child_open_session(child, "CPU", args);
	print_text(args, sizeof(args), "ram_quota=%u", PD_DONATION_BYTES);
	child->pd = child_open_session(child, "PD", args);
	if (!child->ram || !child->cpu || !child->pd)
		return "a session of its own was refused";
	ram_ref_account(child->ram, env.ram, &result);
	ram_transfer_quota(env.ram, child->ram, child->ram_bytes, &result);
	return result ? "there is not enough RAM for it" : NULL;
}

u32 text_number(const char *text)
{
	u32 value = 0;

	while (*text >= '0' && *text <= '9')
		value = value * 10 + (u32)(*text++ - '0');
	return *text == 'K' ? value << 10 : *text == 'M' ? value << 20 : value;
}

const char *child_start(struct child *child, struct entrypoint *entrypoint)
{
	struct rom rom;
	const char *fault;
	u32 entry = 0;

	child->entrypoint = &entrypoint->rpc;
	child->parent.dispatch = child_parent_dispatch;
	child->parent_cap = rpc_entrypoint_manage(child->entrypoint, &child->parent);
	rom_open(&rom, child->binary);
	fault = open_sessions(child);
	if (fault)
		return fault;
	pd_assign_parent(child->pd, child->parent_cap);
	if (cpu_create_thread(child->cpu, child->pd, child->name, DEFAULT_WEIGHT, &child->main_thread) != RPC_OK)
		return "its first thread cannot be created";
	fault = load(child, &rom, &entry);
	if (fault)
		return fault;
	return cpu_thread_start(child->main_thread, entry, 0) == RPC_OK ? NULL : "its first thread cannot be started";
}
