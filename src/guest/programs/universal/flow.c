/* Steps that say what is done when: log, loop, count, sleep, spin, leave, exit. */
#include "run.h"

#include "env.h"
#include "kernel_clock.h"
#include "log.h"
#include "syscall.h"

static bool log_step(struct run *run, const struct xml_node *node)
{
	char text[TEXT_BYTES];

	if (!attribute_formatted(run, node, "text", text, sizeof(text)))
		return false;
	if (attribute_is(node, "level", "error"))
		log_error("%s", text);
	else if (attribute_is(node, "level", "warning"))
		log_warning("%s", text);
	else
		log_line("%s", text);
	return true;
}

/* count: how often, default for ever; index: a variable that counts the rounds from 1 */
static bool loop_step(struct run *run, const struct xml_node *node)
{
	u32 count;

	if (!attribute_number_or(run, node, "count", 0, &count))
		return false;
	for (u32 round = 1; (!count || round <= count) && !run->leave && !run->leave_loop; round++) {
		if (!attribute_store(run, node, "index", round))
			return false;
		if (!run_steps(run, node) && run->leave)
			return false;
		/* a loop without a blocking step must not look like a standstill */
		if (!count && !node->content.bytes)
			return fail(run, "a loop without end needs steps");
	}
	run->leave_loop = false;
	return true;
}

/* is, above, below compare attribute value; without any of them, value must not be 0 */
static bool condition(struct run *run, const struct xml_node *node, bool *holds)
{
	u32 value, other;

	if (!attribute_number(run, node, "value", &value))
		return false;
	*holds = attribute_present(node, "is") || attribute_present(node, "above") || attribute_present(node, "below") || value != 0;
	if (attribute_present(node, "is")) {
		if (!attribute_number(run, node, "is", &other))
			return false;
		*holds = *holds && value == other;
	}
	if (attribute_present(node, "above")) {
		if (!attribute_number(run, node, "above", &other))
			return false;
		*holds = *holds && value > other;
	}
	if (attribute_present(node, "below")) {
		if (!attribute_number(run, node, "below", &other))
			return false;
		*holds = *holds && value < other;
	}
	return true;
}

static bool if_step(struct run *run, const struct xml_node *node)
{
	bool holds = false;

	return condition(run, node, &holds) && (!holds || run_steps(run, node));
}

static bool expect_step(struct run *run, const struct xml_node *node)
{
	bool holds = false;
	u32 value = 0;

	if (!condition(run, node, &holds))
		return false;
	attribute_number(run, node, "value", &value);
	return holds || fail(run, "the value is %u (%x)", value, value);
}

/* units of 4^e in a 10-bit mantissa and a 5-bit exponent of 2, as the kernel wants its timeouts */
static u32 kernel_timeout(u32 us)
{
	u32 exponent = 0;

	while (us >= 1024 && exponent < 31) {
		us >>= 1;
		exponent++;
	}
	return exponent << 10 | us;
}

static bool sleep_ms(struct run *run, const struct xml_node *node, const char *attribute)
{
	struct timer *timer;
	u32 ms;

	if (!attribute_number(run, node, attribute, &ms))
		return false;
	if (ms > 60 * 60 * 1000)
		return fail(run, "longer than an hour");
	if (attribute_is(node, "by", "kernel")) {
		kernel_sleep(kernel_timeout(ms * 1000));
		return true;
	}
	if (!actor_timer(run, &timer))
		return false;
	timer_sleep_ms(timer, ms);
	return true;
}

static bool sleep_step(struct run *run, const struct xml_node *node)
{
	if (!attribute_present(node, "ms"))
		sleep_forever();
	return sleep_ms(run, node, "ms");
}

/* the classic: a line per round, the number in a variable, or in memory at `at` */
static bool count_step(struct run *run, const struct xml_node *node)
{
	u32 from, to, at;
	struct thing *variable = NULL;
	char text[TEXT_BYTES], name[THING_NAME_BYTES] = "count";

	if (!attribute_number_or(run, node, "from", 1, &from) || !attribute_number_or(run, node, "to", 0, &to) || !attribute_number_or(run, node, "at", 0, &at))
		return false;
	if (attribute_present(node, "name"))
		attribute_text(run, node, "name", name, sizeof(name));
	variable = thing_variable(name);
	if (!variable)
		return fail(run, "'%s' cannot be a variable", name);
	if (at)
		*(volatile u32 *)at = from;
	for (variable->value = from; (!to || variable->value <= to) && !run->leave && !run->leave_loop;) {
		if (!attribute_formatted(run, node, "text", text, sizeof(text)))
			return false;
		log_line("%s", text);
		run_steps(run, node);
		variable->value++;
		if (at)
			variable->value = *(volatile u32 *)at += 1;
		if (attribute_present(node, "every_ms") && !sleep_ms(run, node, "every_ms"))
			return false;
		if (at)
			variable->value = *(volatile u32 *)at;
	}
	run->leave_loop = false;
	return true;
}

volatile u32 universal_spins;

/* rounds of a busy loop, default for ever */
static bool spin_step(struct run *run, const struct xml_node *node)
{
	u32 rounds;

	if (!attribute_number_or(run, node, "rounds", 0, &rounds))
		return false;
	for (u32 n = 0; !rounds || n < rounds; n++)
		universal_spins++;
	return true;
}

static bool yield_step(struct run *run, const struct xml_node *node)
{
	(void)run;
	(void)node;
	kernel_yield();
	return true;
}

static bool break_step(struct run *run, const struct xml_node *node)
{
	(void)node;
	run->leave_loop = true;
	return true;
}

static bool return_step(struct run *run, const struct xml_node *node)
{
	(void)node;
	run->leave = true;
	return true;
}

static bool group_step(struct run *run, const struct xml_node *node)
{
	return run_steps(run, node);
}

static bool exit_step(struct run *run, const struct xml_node *node)
{
	u32 value;

	if (!attribute_number_or(run, node, "value", 0, &value))
		return false;
	parent_exit(env.parent, (i32)value);
	/* the parent may let us go on existing, but there is nothing left to do */
	sleep_forever();
}

/* what an exception does that nobody catches */
static bool crash_step(struct run *run, const struct xml_node *node)
{
	char type[TEXT_BYTES] = "Universal::Crash";

	if (attribute_present(node, "type"))
		attribute_text(run, node, "type", type, sizeof(type));
	uncaught_exception(type);
}

const struct step flow_steps[] = {
	{ "log", log_step },       { "loop", loop_step },   { "if", if_step },         { "expect", expect_step },
	{ "sleep", sleep_step },   { "count", count_step }, { "spin", spin_step },     { "yield", yield_step },
	{ "break", break_step },   { "return", return_step }, { "group", group_step }, { "exit", exit_step },
	{ "crash", crash_step },   { NULL, NULL },
};
