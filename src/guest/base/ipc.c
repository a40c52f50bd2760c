/* Transfer between message buffers and the UTCB, on both sides of a call (genode-16.08-abi.md 1.1-1.3).
 * Owner of nothing: windows belong to the call or to the serving thread. */
#include "ipc.h"

#include "cap_map.h"
#include "memory.h"
#include "utcb.h"

enum { ID_INVALID = -1, HEADER_WORDS = 2 };

static void open_window(const struct cap *window)
{
	struct utcb *u = utcb();

	for (u32 n = 0; n < WINDOW_SLOTS; n++)
		u->buffer[n] = (cap_selector(window) + n * SELECTOR_SIZE) | BUFFER_SMALL;
}

/* fills the message registers and returns the tag; 0 words cannot occur, so 0 says that the message is too large */
static u32 write_message(u32 protocol, const struct message *message)
{
	u32 const words = HEADER_WORDS + message->caps + message->words;
	bool valid[MESSAGE_CAPS];
	struct utcb *u;
	u32 items = 0, at = HEADER_WORDS;

	if (words > MESSAGE_REGISTERS) {
		kernel_print("receive message buffer too small\n");
		return 0;
	}
	/* asking the kernel uses the message registers, therefore first */
	for (u32 n = 0; n < message->caps; n++)
		valid[n] = message->cap[n] && task_cap_valid(cap_selector(message->cap[n]));

	u = utcb();
	u->mr[0] = protocol;
	u->mr[1] = message->caps;
	for (u32 n = 0; n < message->caps; n++)
		u->mr[at++] = valid[n] ? message->cap[n]->id : (u32)ID_INVALID;
	memcpy(&u->mr[at], message->word, message->words * sizeof(u32));
	at += message->words;
	for (u32 n = 0; n < message->caps; n++) {
		if (!valid[n])
			continue;
		/* the two words of an item may lie behind the last message register only for messages no interface has */
		if (at + 2 > MESSAGE_REGISTERS)
			break;
		u->mr[at++] = ITEM_MAP;
		u->mr[at++] = cap_selector(message->cap[n]) | RIGHTS_OBJECT;
		items++;
	}
	return (items << 6) | words;
}

/* empties the message registers into `message`, which must be clear; returns the protocol word */
static u32 read_message(u32 tag, struct cap *window, struct message *message)
{
	struct utcb *u = utcb();
	u32 const words = tag_words(tag), items = tag_items(tag);
	u32 const protocol = words ? u->mr[0] : 0;
	u32 id[MESSAGE_CAPS], slot = 0, caps;

	if (words < HEADER_WORDS)
		return protocol;
	caps = u->mr[1];
	if (caps > MESSAGE_CAPS || caps > words - HEADER_WORDS)
		return protocol;
	for (u32 n = 0; n < caps; n++)
		id[n] = u->mr[HEADER_WORDS + n];
	message->words = words - HEADER_WORDS - caps;
	memcpy(message->word, &u->mr[HEADER_WORDS + caps], message->words * sizeof(u32));

	/* from here on the registers are used for other system calls */
	for (u32 n = 0; n < caps; n++) {
		if (id[n] == (u32)ID_INVALID)
			continue;
		if (slot == items) {
			kernel_print("missing capability selector in message\n");
			break;
		}
		message->cap[n] = cap_reference(cap_map_insert_received(id[n], cap_selector(window + slot)));
		slot++;
	}
	message->caps = caps;
	return protocol;
}

static i32 call_error(void)
{
	u32 const error = utcb()->error & IPC_ERROR_MASK;

	if (error == IPC_RECEIVE_CANCELED)
		return RPC_CANCELED;
	kernel_print("Ipc error: ");
	kernel_print_hex(error);
	kernel_print(" occurred!\n");
	return RPC_INVALID_OBJECT;
}

static i32 call_with_window(struct cap *destination, struct cap *window, struct message *message)
{
	u32 tag;

	if (!destination)
		return RPC_INVALID_OBJECT;
	open_window(window);
	tag = write_message(destination->id, message);
	if (!tag)
		return RPC_INVALID_OBJECT;
	tag = kernel_invoke(tag, cap_selector(destination) | OP_CALL, TIMEOUT_NEVER, NULL);
	message_clear(message);
	return tag & TAG_ERROR ? call_error() : (i32)read_message(tag, window, message);
}

i32 ipc_call(struct cap *destination, struct message *message)
{
	struct cap *window = cap_index_allocate_range(WINDOW_SLOTS);
	i32 result;

	if (!window)
		return RPC_INVALID_OBJECT;
	cap_reference(destination);
	result = call_with_window(destination, window, message);
	cap_index_free(window, WINDOW_SLOTS);
	cap_drop(destination);
	return result;
}

struct cap *ipc_server_window(void)
{
	return cap_index_allocate_range(WINDOW_SLOTS);
}

u32 ipc_reply_wait(struct cap *window, i32 exception, const struct message *reply, struct message *request)
{
	bool answer = exception != RPC_INVALID_OBJECT;

	for (;;) {
		u32 tag, label = 0;

		/* what the last request brought is given back before its caller learns that it is done */
		message_clear(request);
		tag = answer ? write_message((u32)exception, reply) : 0;
		open_window(window);
		utcb()->buffer_descriptor &= 0xfff00000;
		if (answer && tag)
			tag = kernel_invoke(tag, OP_REPLY_AND_WAIT, TIMEOUT_SEND_ZERO, &label);
		else
			tag = kernel_invoke(0, OP_OPEN_WAIT, TIMEOUT_NEVER, &label);
		answer = false;
		if (tag & TAG_ERROR)
			continue;
		/* the capabilities are inserted only when the message proves to be meant for one of our objects */
		if (tag_words(tag) == 0 || utcb()->mr[0] != (label & ~3u)) {
			kernel_print("badge does not match label, ignoring request\n");
			continue;
		}
		return read_message(tag, window, request);
	}
}

void ipc_reply(i32 exception, const struct message *reply)
{
	u32 tag = write_message((u32)exception, reply);

	if (tag)
		kernel_invoke(tag, OP_REPLY, TIMEOUT_SEND_ZERO, NULL);
}
