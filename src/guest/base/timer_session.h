/* A session at the Timer service, with a signal context of its own to sleep on (genode-16.08-abi.md 2, Timer; 3.6 rule 4). */
#pragma once

#include "signal.h"

struct timer {
	struct cap *session;
	struct signal_receiver receiver;
	struct signal_context context;
	struct lock lock;
};

void timer_open(struct timer *timer);

/* the same with a session that exists; its capability belongs to the timer from then on */
void timer_use(struct timer *timer, struct cap *session);
void timer_sleep_ms(struct timer *timer, u32 ms);
u32 timer_elapsed_ms(struct timer *timer);
