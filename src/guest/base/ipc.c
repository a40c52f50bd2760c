/* Transfer between message buffers and the UTCB, on both sides of a call (genode-16.08-abi.md 1.1-1.3).
 * Owner of nothing: windows belong to the call or to the serving thread. */
#include "ipc.h"

#include "cap_map.h"
#include "utcb.h"

enum { ID_INVALID = -1, HEADER_WORDS = 2 };

static void open_window(struct utcb *u, const struct cap *window)
{
	u32 const first = cap_selector(window) | BUFFER_SMALL;

	for (u32 n = 0; n < WINDOW_SLOTS; n++)
		u->buffer[n] = first + n * SELECTOR_SIZE;
}

static void copy_words(u32 *to, const u32 *from, u32 count)
{
	for (u32 n = 0; n < count; n++)
		to[n] = from[n];
}

/* the count stands before the ids, so that whoever looks at the registers meanwhile knows them for what they are */
static void write_header(struct utcb *u, u32 protocol, u32 caps)
{
	u->mr[0] = protocol;
	u->mr[1] = caps;
}

/* a message with capabilities, and behind its words what is to be mapped; returns the number of items */
static seldom u32 write_with_caps(struct utcb *u, u32 protocol, const struct message *message)
{
	bool valid[MESSAGE_CAPS];
	u32 at = HEADER_WORDS, items = 0;

	/* asking the kernel uses the message registers, therefore first */
	for (u32 n = 0; n < message->caps; n++)
		valid[n] = message->cap[n] && task_cap_valid(cap_selector(message->cap[n]));
	write_header(u, protocol, message->caps);
	for (u32 n = 0; n < message->caps; n++)
		u->mr[at++] = valid[n] ? message->cap[n]->id : (u32)ID_INVALID;
	copy_words(&u->mr[at], message->word, message->words);
	at += message->words;
	/* the two words of an item may lie behind the last message register only for messages no interface has */
	for (u32 n = 0; n < message->caps && at + 2 <= MESSAGE_REGISTERS; n++) {
		if (!valid[n])
			continue;
		u->mr[at++] = ITEM_MAP;
		u->mr[at++] = cap_selector(message->cap[n]) | RIGHTS_OBJECT;
		items++;
	}
	return items;
}

/* fills the message registers and returns the tag; 0 words cannot occur, so 0 says that the message is too large */
static u32 write_message(struct utcb *u, u32 protocol, const struct message *message)
{
	u32 const words = HEADER_WORDS + message->caps + message->words;

	if (words > MESSAGE_REGISTERS) {
		kernel_print("receive message buffer too small\n");
		return 0;
	}
	if (message->caps)
		return (write_with_caps(u, protocol, message) << 6) | words;
	write_header(u, protocol, 0);
	copy_words(&u->mr[HEADER_WORDS], message->word, message->words);
	return words;
}

/* takes the capabilities that came with a message; the registers are used for other system calls meanwhile */
static seldom void receive_caps(const struct utcb *u, u32 caps, u32 items, struct cap *window, struct message *message)
{
	u32 id[MESSAGE_CAPS], slot = 0;

	for (u32 n = 0; n < caps; n++) {
		id[n] = u->mr[HEADER_WORDS + n];
		message->cap[n] = NULL;
	}
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
}

/* empties the message registers into `message`, which must be clear; returns the protocol word */
static u32 read_message(const struct utcb *u, u32 tag, struct cap *window, struct message *message)
{
	u32 const words = tag_words(tag);
	u32 const protocol = words ? u->mr[0] : 0;
	u32 caps;

	if (words < HEADER_WORDS)
		return protocol;
	caps = u->mr[1];
	if (caps > MESSAGE_CAPS || caps > words - HEADER_WORDS)
		return protocol;
	message->words = words - HEADER_WORDS - caps;
	copy_words(message->word, &u->mr[HEADER_WORDS + caps], message->words);
	if (caps)
		receive_caps(u, caps, tag_items(tag), window, message);
	return protocol;
}

static seldom i32 call_error(u32 error)
{
	if (error == IPC_RECEIVE_CANCELED)
		return RPC_CANCELED;
	kernel_print("Ipc error: ");
	kernel_print_hex(error);
	kernel_print(" occurred!\n");
	return RPC_INVALID_OBJECT;
}

static i32 call_with_window(struct cap *destination, struct cap *window, struct message *message)
{
	struct utcb *u;
	u32 tag;

	if (!destination)
		return RPC_INVALID_OBJECT;
	u = utcb();
	open_window(u, window);
	tag = write_message(u, destination->id, message);
	if (!tag)
		return RPC_INVALID_OBJECT;
	tag = kernel_invoke(tag, cap_selector(destination) | OP_CALL, TIMEOUT_NEVER, NULL);
	message_clear(message);
	/* asked anew: a thread that was restored while it waited may have got another one */
	u = utcb();
	return tag & TAG_ERROR ? call_error(u->error & IPC_ERROR_MASK) : (i32)read_message(u, tag, window, message);
}

i32 ipc_call(struct cap *destination, struct message *message)
{
	struct cap *window = cap_index_open_window(destination);
	i32 result;

	if (!window)
		return RPC_INVALID_OBJECT;
	result = call_with_window(destination, window, message);
	cap_index_close_window(window, destination);
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
		struct utcb *u = utcb();
		u32 tag, label = 0;

		/* what the last request brought is given back before its caller learns that it is done */
		message_clear(request);
		tag = answer ? write_message(u, (u32)exception, reply) : 0;
		open_window(u, window);
		u->buffer_descriptor &= 0xfff00000;
		if (answer && tag)
			tag = kernel_invoke(tag, OP_REPLY_AND_WAIT, TIMEOUT_SEND_ZERO, &label);
		else
			tag = kernel_invoke(0, OP_OPEN_WAIT, TIMEOUT_NEVER, &label);
		answer = false;
		u = utcb();
		if (tag & TAG_ERROR)
			continue;
		/* the capabilities are inserted only when the message proves to be meant for one of our objects */
		if (tag_words(tag) == 0 || u->mr[0] != (label & ~3u)) {
			kernel_print("badge does not match label, ignoring request\n");
			continue;
		}
		return read_message(u, tag, window, request);
	}
}

void ipc_reply(i32 exception, const struct message *reply)
{
	u32 tag = write_message(utcb(), (u32)exception, reply);

	if (tag)
		kernel_invoke(tag, OP_REPLY, TIMEOUT_SEND_ZERO, NULL);
}
