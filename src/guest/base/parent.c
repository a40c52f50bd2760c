/* Client of the parent interface; opcodes as in genode-16.08-abi.md 2. */
#include "parent.h"

#include "memory.h"
#include "print.h"

enum {
	OP_EXIT,
	OP_ANNOUNCE,
	OP_SESSION,
	OP_UPGRADE,
	OP_CLOSE,
	OP_MAIN_THREAD_CAP,
	OP_RESOURCE_AVAIL_SIGH,
	OP_RESOURCE_REQUEST,
	OP_YIELD_SIGH,
	OP_YIELD_REQUEST,
	OP_YIELD_RESPONSE,
};

/* space w, h; location x, y, w, h: all zero means no preference */
static const u32 no_affinity[6];

i32 parent_exit(struct cap *parent, i32 value)
{
	struct message message;

	rpc_begin(&message, OP_EXIT);
	message_put_word(&message, (u32)value);
	return rpc_call_void(parent, &message);
}

i32 parent_announce(struct cap *parent, const char *service, struct cap *root)
{
	struct message message;

	rpc_begin(&message, OP_ANNOUNCE);
	message_put_text(&message, service);
	message_put_cap(&message, root);
	return rpc_call_void(parent, &message);
}

i32 parent_session(struct cap *parent, const char *service, const char *args, struct cap **session)
{
	struct message message;

	rpc_begin(&message, OP_SESSION);
	message_put_text(&message, service);
	message_put_text(&message, args);
	message_put_bytes(&message, no_affinity, sizeof(no_affinity));
	return rpc_call_cap(parent, &message, session);
}

i32 parent_upgrade(struct cap *parent, struct cap *session, const char *args)
{
	struct message message;

	rpc_begin(&message, OP_UPGRADE);
	message_put_text(&message, args);
	message_put_cap(&message, session);
	return rpc_call_void(parent, &message);
}

i32 parent_close(struct cap *parent, struct cap *session)
{
	struct message message;

	rpc_begin(&message, OP_CLOSE);
	message_put_cap(&message, session);
	return rpc_call_void(parent, &message);
}

i32 parent_main_thread_cap(struct cap *parent, struct cap **thread)
{
	return rpc_plain_cap(parent, OP_MAIN_THREAD_CAP, thread);
}

i32 parent_resource_avail_sigh(struct cap *parent, struct cap *context)
{
	struct message message;

	rpc_begin(&message, OP_RESOURCE_AVAIL_SIGH);
	message_put_cap(&message, context);
	return rpc_call_void(parent, &message);
}

/* the argument is the image of a string object: the characters, then their number with the terminating zero */
i32 parent_resource_request(struct cap *parent, const char *args)
{
	struct message message;
	struct {
		char text[PARENT_ARGS_LIMIT];
		u32 bytes;
	} image;

	memset(&image, 0, sizeof(image));
	image.bytes = text_length(args) + 1;
	if (image.bytes > PARENT_ARGS_LIMIT)
		return RPC_INVALID_OPCODE;
	memcpy(image.text, args, image.bytes);
	rpc_begin(&message, OP_RESOURCE_REQUEST);
	message_put_bytes(&message, &image, sizeof(image));
	return rpc_call_void(parent, &message);
}

i32 parent_yield_sigh(struct cap *parent, struct cap *context)
{
	struct message message;

	rpc_begin(&message, OP_YIELD_SIGH);
	message_put_cap(&message, context);
	return rpc_call_void(parent, &message);
}

i32 parent_yield_request(struct cap *parent, char *args, u32 bytes)
{
	struct message message;
	char text[PARENT_ARGS_LIMIT];
	i32 code;

	rpc_begin(&message, OP_YIELD_REQUEST);
	code = rpc_call(parent, &message);
	message_take_bytes(&message, text, sizeof(text));
	message_clear(&message);
	text[sizeof(text) - 1] = '\0';
	print_text(args, bytes, "%s", text);
	return code;
}

i32 parent_yield_response(struct cap *parent)
{
	return rpc_plain_void(parent, OP_YIELD_RESPONSE);
}
