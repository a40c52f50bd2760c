/* An RPC message before it goes into, or after it came out of, the message registers (genode-16.08-abi.md 1.1).
 * It holds a reference on each capability in it until it is cleared. Payload and capabilities beyond those that are in it mean nothing. */
#pragma once

#include "cap.h"

enum {
	MESSAGE_PAYLOAD_WORDS = 61,
	MESSAGE_CAPS = 4,
};

struct message {
	u32 words;
	u32 caps;
	u32 next_word;
	u32 next_cap;
	u32 word[MESSAGE_PAYLOAD_WORDS];
	struct cap *cap[MESSAGE_CAPS];
};

inlined void message_initialise(struct message *message)
{
	message->words = message->caps = 0;
	message->next_word = message->next_cap = 0;
}

seldom void message_drop_caps(struct message *message);

inlined void message_clear(struct message *message)
{
	if (message->caps)
		message_drop_caps(message);
	message_initialise(message);
}

/* what does not fit is dropped, as the real message buffers do */
void message_put_word(struct message *message, u32 value);
void message_put_bytes(struct message *message, const void *bytes, u32 count);
void message_put_buffer(struct message *message, const void *bytes, u32 count);
void message_put_text(struct message *message, const char *text);
void message_put_cap(struct message *message, struct cap *cap);

/* missing words read as zero, missing capabilities as invalid; a taken capability belongs to the taker */
inlined u32 message_take_word(struct message *message)
{
	return message->next_word < message->words ? message->word[message->next_word++] : 0;
}

void message_take_bytes(struct message *message, void *to, u32 count);
struct cap *message_take_cap(struct message *message);

/* a size word and that many bytes; "" unless the last byte of them is the terminating zero */
const char *message_take_text(struct message *message, u32 limit);
