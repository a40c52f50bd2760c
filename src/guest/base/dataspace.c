/* Client of dataspaces and ROM sessions; opcodes as in genode-16.08-abi.md 2. */
#include "dataspace.h"

#include "env.h"
#include "log.h"

enum { OP_SIZE = 0, ROM_OP_DATASPACE = 0, ROM_OP_UPDATE = 1, ROM_OP_SIGH = 2, ARGS_BYTES = 160 };

i32 dataspace_size(struct cap *dataspace, u32 *bytes)
{
	return rpc_plain_word(dataspace, OP_SIZE, bytes);
}

i32 rom_dataspace(struct cap *rom, struct cap **dataspace)
{
	return rpc_plain_cap(rom, ROM_OP_DATASPACE, dataspace);
}

i32 rom_update(struct cap *rom, u32 *in_place)
{
	return rpc_plain_word(rom, ROM_OP_UPDATE, in_place);
}

i32 rom_sigh(struct cap *rom, struct cap *context)
{
	struct message message;

	rpc_begin(&message, ROM_OP_SIGH);
	message_put_cap(&message, context);
	return rpc_call_void(rom, &message);
}

void rom_open(struct rom *rom, const char *label)
{
	char args[ARGS_BYTES];

	print_text(args, sizeof(args), "ram_quota=4K, label=\"%s\"", label);
	if (parent_session(env.parent, "ROM", args, &rom->session) != RPC_OK) {
		log_error("Could not open ROM session for \"%s\"", label);
		uncaught_exception("Genode::Rom_connection::Rom_connection_failed");
	}
	cap_reference(rom->session);
	if (rom_dataspace(rom->session, &rom->dataspace) != RPC_OK || !rom->dataspace)
		uncaught_exception("Genode::Attached_dataspace::Invalid_dataspace");
	dataspace_size(rom->dataspace, &rom->bytes);
	rom->content = (const void *)env_attach(env.address_space, rom->dataspace);
}
