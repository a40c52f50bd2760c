/* Owns no state. Labels contain no quotes, so the first quote behind the key ends them. */
#include "session_label.h"

static const char key[] = "label=\"";

static bool key_at(const char *args)
{
	for (u32 n = 0; key[n]; n++)
		if (args[n] != key[n])
			return false;
	return true;
}

void session_label(const char *args, char *to, u32 bytes)
{
	bool boundary = true;

	*to = '\0';
	for (; *args; args++) {
		if (boundary && key_at(args)) {
			for (args += sizeof(key) - 1; *args && *args != '"' && bytes > 1; bytes--)
				*to++ = *args++;
			*to = '\0';
			return;
		}
		boundary = *args == ' ' || *args == ',';
	}
}

const char *label_last_element(const char *label)
{
	const char *last = label;

	for (; *label; label++)
		if (label[0] == ' ' && label[1] == '-' && label[2] == '>' && label[3] == ' ')
			last = label + 4;
	return last;
}
