/**
 * What locks, RCU and SRCU are for litmus tests, as C on the primitives of lockstep.h. A test has no loops and its threads are known,
 * which the headers of impl/lib/c/include cannot rely on: those have room for any thread in each lock and section, take a
 * tenth of a second to be read, and know of SRCU's sections only how many a thread has. So there is a word for each lock here, and
 * for each thread that reads; and a section is told from any other.
 *
 * - spin_lock() is a locked instruction, spin_unlock() a release; a trylock that fails is a load.
 * - rcu_read_lock() and rcu_read_unlock() order nothing: an outermost section is open at once, and is closed by a store that no
 *   earlier one of its thread overtakes. A grace period waits for the sections that are open when it begins.
 * - The calls of SRCU are full barriers. srcu_read_lock() gives each section of its thread a number of its own: in the kernel, those without
 *   a grace period between them have the same, so that no outcome may look at it.
 */

import { TYPE_NAMES } from './types.ts'

const PRIMITIVE = '__attribute__((annotate("lockstep primitive"))) static inline'
const ATOMIC = 'if (__lockstep_atomic())'
const STEP = 'if (__lockstep_step())'

/** What a test may say that C does not have by itself; a test gets what it says. */
const WORDS_OF_KERNEL: ReadonlyMap<string, string> = new Map([
  ['NULL', '#define NULL ((void *)0)'],
  ['true', '#define true 1'],
  ['false', '#define false 0'],
  ['BUG_ON', '#define BUG_ON(e) __lockstep_bug(!!(e))'],
  ['WARN_ON', '#define WARN_ON(e) __lockstep_warn(!!(e))'],
  ['WARN_ON_ONCE', '#define WARN_ON_ONCE(e) __lockstep_warn(!!(e))'],
  // the preprocessor's tokens are told apart by these; what the types are the lowering is told
  ...TYPE_NAMES.map((name) => [name, `typedef int ${name};`] as const),
])

const LOCKS = `${PRIMITIVE} void spin_lock(int *lock)
{
	${ATOMIC} {
		__lockstep_await(!*lock);
		*lock = 1;
	}
}
${PRIMITIVE} int spin_trylock(int *lock)
{
	int taken = 0;
	${STEP} {
		if (!*lock) {
			smp_mb();
			*lock = 1;
			taken = 1;
		}
	}
	return taken;
}
#define spin_unlock(lock) smp_store_release(lock, 0)
#define spin_is_locked(lock) (READ_ONCE(*(lock)) != 0)
`

const each = (threads: readonly number[], text: (thread: number) => string): string => threads.map(text).join('')

const rcu = (threads: number, readers: readonly number[]): string => `static int __rcu_nesting[${threads}];
static int __rcu_opened[${threads}];
static int __rcu_closed[${threads}];
${PRIMITIVE} void rcu_read_lock(void)
{
	${STEP} {
		if (!__rcu_nesting[__lockstep_self()])
			__rcu_opened[__lockstep_self()]++;
		__rcu_nesting[__lockstep_self()]++;
	}
}
${PRIMITIVE} void rcu_read_unlock(void)
{
	int section = 0;
	${STEP} {
		__lockstep_bug(!__rcu_nesting[__lockstep_self()]);
		__rcu_nesting[__lockstep_self()]--;
		if (!__rcu_nesting[__lockstep_self()])
			section = __rcu_opened[__lockstep_self()];
	}
	if (section)
		smp_store_release(&__rcu_closed[__lockstep_self()], section);
}
${PRIMITIVE} void synchronize_rcu(void)
{
${each(readers, (t) => `\tint open${t} = 0;\n`)}\t${ATOMIC} {
${each(readers, (t) => `\t\topen${t} = __rcu_opened[${t}];\n`)}${each(readers, (t) => `\t\tif (__rcu_closed[${t}] == open${t})\n\t\t\topen${t} = 0;\n`)}\t}
${waiting(each(readers, (t) => `\t\t__lockstep_await(__rcu_closed[${t}] >= open${t});\n`))}}
#define synchronize_rcu_expedited() synchronize_rcu()
`

const waiting = (awaits: string): string => (awaits === '' ? '' : `\t${ATOMIC} {\n${awaits}\t}\n`)

const srcu = (threads: number, readers: readonly number[]): string => `struct srcu_struct {
	int sections[${threads}];
	int open[${threads}];
};
${PRIMITIVE} int srcu_read_lock(struct srcu_struct *ssp)
{
	int section = 0;
	${ATOMIC} {
		section = ssp->sections[__lockstep_self()];
		ssp->sections[__lockstep_self()] = section + 1;
		ssp->open[__lockstep_self()] |= 1 << section;
	}
	return section;
}
${PRIMITIVE} void srcu_read_unlock(struct srcu_struct *ssp, int section)
{
	${ATOMIC} {
		__lockstep_bug(!(ssp->open[__lockstep_self()] & (1 << section)));
		ssp->open[__lockstep_self()] &= ~(1 << section);
	}
}
${PRIMITIVE} void synchronize_srcu(struct srcu_struct *ssp)
{
${each(readers, (t) => `\tint open${t} = 0;\n`)}\t${ATOMIC} {
${each(readers, (t) => `\t\topen${t} = ssp->open[${t}];\n`)}\t}
${waiting(each(readers, (t) => `\t\t__lockstep_await(!(ssp->open[${t}] & open${t}));\n`))}}
#define synchronize_srcu_expedited(ssp) synchronize_srcu(ssp)
`

/** A part of the model, as a header that is read once for all tests that need the same. */
export interface ModelPart {
  readonly name: string
  readonly text: string
}

/** Files of the model begin so. */
export const MODEL = '<lockstep litmus '

/** The parts of the model that a test needs; `bodies`: the C of each thread, as far as it can be told apart. */
export const modelFor = (code: string, bodies: readonly string[]): readonly ModelPart[] => {
  const n = bodies.length
  const readers = (call: RegExp): number[] => bodies.flatMap((body, i) => (call.test(body) ? [i] : []))
  const part = (name: string, text: string): ModelPart => ({ name: `${MODEL}${name}>`, text })
  const used = [...new Set(code.match(/\b[A-Za-z_]\w*\b/g))].filter((word) => WORDS_OF_KERNEL.has(word)).sort()
  const parts =
    used.length === 0 ? [] : [part(used.join(' '), used.map((word) => `${WORDS_OF_KERNEL.get(word) ?? ''}\n`).join(''))]
  if (/\bspin_/.test(code)) parts.push(part('locks', LOCKS))
  const inRcu = readers(/\brcu_read_lock\b/)
  if (/\b(?:rcu_read_(?:un)?lock|synchronize_rcu\w*)\b/.test(code))
    parts.push(part(`rcu ${n}: ${inRcu.join()}`, rcu(n, inRcu)))
  const inSrcu = readers(/\bsrcu_read_lock\b/)
  if (code.includes('srcu')) parts.push(part(`srcu ${n}: ${inSrcu.join()}`, srcu(n, inSrcu)))
  return parts
}
