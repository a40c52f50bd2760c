/* What a child asks its parent for: its basic sessions, sessions at services of the system, its configuration
 * (genode-16.08-abi.md 2, Parent and Rom_session). */
#include "child.h"

#include "env.h"
#include "log.h"
#include "memory.h"

enum {
	OP_EXIT = 0, OP_ANNOUNCE = 1, OP_SESSION = 2, OP_UPGRADE = 3, OP_CLOSE = 4, OP_MAIN_THREAD_CAP = 5, OP_RESOURCE_AVAIL_SIGH = 6, OP_YIELD_SIGH = 8,
	ROM_OP_DATASPACE = 0, ROM_OP_UPDATE = 1, ROM_OP_SIGH = 2, ARGS_BYTES = PARENT_ARGS_LIMIT,
};

/* the value of label="..." in session arguments; "" without one */
static void label_of(const char *args, char *to, u32 bytes)
{
	static const char key[] = "label=\"";
	u32 n = 0;

	for (; *args; args++) {
		u32 match = 0;

		while (match < sizeof(key) - 1 && args[match] == key[match])
			match++;
		if (match < sizeof(key) - 1)
			continue;
		for (args += match; *args && *args != '"' && n + 1 < bytes; args++)
			to[n++] = *args;
		break;
	}
	to[n] = '\0';
}

void child_label_args(const struct child *child, const char *args, char *to, u32 bytes)
{
	char label[ARGS_BYTES];
	u32 n = 0;

	label_of(args, label, sizeof(label));
	/* everything before the label; the new one names the child first */
	while (args[n] && n + 1 < bytes && !(args[n] == 'l' && args[n + 1] == 'a' && args[n + 2] == 'b')) {
		to[n] = args[n];
		n++;
	}
	while (n && (to[n - 1] == ' ' || to[n - 1] == ','))
		n--;
	print_text(to + n, bytes - n, ", label=\"%s%s%s\"", child->name, *label ? " -> " : "", label);
}

struct cap *child_open_session(const struct child *child, const char *service, const char *args)
{
	char inner[ARGS_BYTES];
	struct cap *session = NULL;

	child_label_args(child, args, inner, sizeof(inner));
	return parent_session(env.parent, service, inner, &session) == RPC_OK ? session : NULL;
}

/* the text of the configuration in a dataspace of the parent's own RAM */
static struct cap *config_rom(struct child *child)
{
	u32 const bytes = (u32)(child->config.end - child->config.begin);
	char *at;

	if (child->config_rom_cap)
		return child->config_rom_cap;
	child->config_dataspace = env_ram_alloc(bytes + 1, CACHED);
	at = (char *)env_attach(env.address_space, child->config_dataspace);
	memcpy(at, child->config.begin, bytes);
	region_map_detach(env.address_space, (u32)at);
	child->config_rom.dispatch = child_config_dispatch;
	child->config_rom_cap = rpc_entrypoint_manage(child->entrypoint, &child->config_rom);
	return child->config_rom_cap;
}

i32 child_config_dispatch(struct rpc_object *object, u32 opcode, struct message *request, struct message *reply)
{
	struct child *child = CONTAINER_OF(object, struct child, config_rom);

	switch (opcode) {
	case ROM_OP_DATASPACE:
		message_put_cap(reply, child->config_dataspace);
		return RPC_OK;
	case ROM_OP_UPDATE:
		message_put_word(reply, true);
		return RPC_OK;
	case ROM_OP_SIGH:
		cap_drop(message_take_cap(request));
		message_put_word(reply, 0);
		return RPC_OK;
	default:
		return RPC_INVALID_OPCODE;
	}
}

static i32 session(struct child *child, struct message *request, struct message *reply)
{
	char service[PARENT_NAME_LIMIT], label[ARGS_BYTES];
	struct cap *answer = NULL;
	bool passed_on = false;

	print_text(service, sizeof(service), "%s", message_take_text(request, PARENT_NAME_LIMIT));
	const char *args = message_take_text(request, ARGS_BYTES);

	label_of(args, label, sizeof(label));
	if (text_equal(service, "Env::ram_session"))
		answer = child->ram;
	else if (text_equal(service, "Env::cpu_session"))
		answer = child->cpu;
	else if (text_equal(service, "Env::pd_session"))
		answer = child->pd;
	else if (text_equal(service, "ROM") && text_equal(label, "config") && child->config.tag.bytes)
		answer = config_rom(child);
	else {
		passed_on = true;
		if (!child_sibling_session(child, service, args, &answer))
			answer = child_open_session(child, service, args);
	}
	message_put_cap(reply, answer);
	if (passed_on)
		cap_drop(answer);
	return answer ? RPC_OK : PARENT_SERVICE_DENIED;
}

static i32 close_session(struct child *child, struct message *request, struct message *reply)
{
	struct cap *cap = message_take_cap(request);

	if (cap && cap != child->ram && cap != child->cpu && cap != child->pd && cap != child->config_rom_cap && !child_sibling_close(cap))
		parent_close(env.parent, cap);
	cap_drop(cap);
	message_put_word(reply, 0);
	return RPC_OK;
}

static i32 announce(struct child *child, struct message *request, struct message *reply)
{
	const char *service = message_take_text(request, PARENT_NAME_LIMIT);

	child_announce(child, service, message_take_cap(request));
	message_put_word(reply, 0);
	return RPC_OK;
}

static i32 upgrade(struct message *request, struct message *reply)
{
	char args[ARGS_BYTES];
	struct cap *cap;

	print_text(args, sizeof(args), "%s", message_take_text(request, ARGS_BYTES));
	cap = message_take_cap(request);
	parent_upgrade(env.parent, cap, args);
	cap_drop(cap);
	message_put_word(reply, 0);
	return RPC_OK;
}

i32 child_parent_dispatch(struct rpc_object *object, u32 opcode, struct message *request, struct message *reply)
{
	struct child *child = CONTAINER_OF(object, struct child, parent);

	switch (opcode) {
	case OP_EXIT:
		log_line("child \"%s\" exited with exit value %d", child->name, (i32)message_take_word(request));
		break;
	case OP_ANNOUNCE:
		return announce(child, request, reply);
	case OP_SESSION:
		return session(child, request, reply);
	case OP_UPGRADE:
		return upgrade(request, reply);
	case OP_CLOSE:
		return close_session(child, request, reply);
	case OP_MAIN_THREAD_CAP:
		message_put_cap(reply, child->main_thread);
		return RPC_OK;
	case OP_RESOURCE_AVAIL_SIGH:
	case OP_YIELD_SIGH:
		cap_drop(message_take_cap(request));
		break;
	default:
		return RPC_INVALID_OPCODE;
	}
	message_put_word(reply, 0);
	return RPC_OK;
}
