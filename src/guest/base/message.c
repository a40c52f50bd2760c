/* Building and reading of message payloads: every item starts on a word, padding is zero. */
#include "message.h"

#include "memory.h"

void message_drop_caps(struct message *message)
{
	for (u32 n = 0; n < message->caps; n++)
		cap_drop(message->cap[n]);
}

void message_put_word(struct message *message, u32 value)
{
	if (message->words < MESSAGE_PAYLOAD_WORDS)
		message->word[message->words++] = value;
}

void message_put_bytes(struct message *message, const void *bytes, u32 count)
{
	u32 words = (count + 3) / 4;

	if (words > MESSAGE_PAYLOAD_WORDS - message->words)
		return;
	if (count & 3)
		message->word[message->words + words - 1] = 0;
	memcpy(&message->word[message->words], bytes, count);
	message->words += words;
}

void message_put_buffer(struct message *message, const void *bytes, u32 count)
{
	message_put_word(message, count);
	message_put_bytes(message, bytes, count);
}

void message_put_text(struct message *message, const char *text)
{
	message_put_buffer(message, text, text_length(text) + 1);
}

void message_put_cap(struct message *message, struct cap *cap)
{
	if (message->caps < MESSAGE_CAPS)
		message->cap[message->caps++] = cap_reference(cap);
}

void message_take_bytes(struct message *message, void *to, u32 count)
{
	u32 words = (count + 3) / 4;

	if (words > message->words - message->next_word) {
		memset(to, 0, count);
		message->next_word = message->words;
		return;
	}
	memcpy(to, &message->word[message->next_word], count);
	message->next_word += words;
}

struct cap *message_take_cap(struct message *message)
{
	struct cap *cap = NULL;

	if (message->next_cap < message->caps) {
		cap = message->cap[message->next_cap];
		message->cap[message->next_cap++] = NULL;
	}
	return cap;
}

const char *message_take_text(struct message *message, u32 limit)
{
	u32 count = message_take_word(message);
	u32 words = (count + 3) / 4;
	const char *text = (const char *)&message->word[message->next_word];

	if (count == 0 || count > limit || words > message->words - message->next_word)
		return "";
	message->next_word += words;
	return text[count - 1] ? "" : text;
}
