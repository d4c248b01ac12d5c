/** What is not taken: one error each, with its place, what it names, and what to write instead. */

import { describe, expect, test } from 'vitest'
import { machineOf } from '../../../../impl/lib/c/index.ts'
import type { Problem } from '../../../../impl/lib/kernel/error.ts'
import { LockstepError } from '../../../../impl/lib/kernel/error.ts'
import { programOf } from '../program-of.ts'

const problemOf = async (text: string): Promise<Problem> => {
  try {
    // a file without a thread is C, and nothing to run
    machineOf(await programOf(text), { memory: 'SC' })
  } catch (error) {
    if (error instanceof LockstepError && error.exit === 2) return error.problem
    throw error
  }
  throw new Error(`nothing is wrong with ${text}`)
}

/** What stands on line 2, the error's code and place, what it says, and its hint. */
const REFUSED: readonly (readonly [text: string, where: string, message: string, hint: string])[] = [
  [
    'static float x; LOCKSTEP_THREAD(t) { x = 1; }',
    'c-unsupported 2:8',
    "'float' is a floating type, which the model does not have",
    'Use integers, as kernel code does.',
  ],
  [
    'LOCKSTEP_THREAD(t) { double d = 1; }',
    'c-unsupported 2:22',
    "'double' is a floating type, which the model does not have",
    'Use integers, as kernel code does.',
  ],
  [
    'LOCKSTEP_THREAD(t) { asm volatile("nop"); }',
    'c-unsupported 2:22',
    "'asm' is inline assembly, which the model does not have",
    'Use the atomics and barriers of the kernel.',
  ],
  [
    'LOCKSTEP_THREAD(t) { int j[2]; setjmp(j); }',
    'c-unsupported 2:32',
    'setjmp(): a jump between functions',
    'return, and look at the result',
  ],
  [
    'LOCKSTEP_THREAD(t) { int j[2]; longjmp(j, 1); }',
    'c-unsupported 2:32',
    'longjmp(): a jump between functions',
    'return, and look at the result',
  ],
  [
    'LOCKSTEP_THREAD(t) { int *p = alloca(4); }',
    'c-unsupported 2:31',
    'alloca(): memory that is allocated',
    'declare a variable: a model has all of its objects from the start',
  ],
  [
    'LOCKSTEP_THREAD(t) { int *p = malloc(4); }',
    'c-unsupported 2:31',
    'malloc(): memory that is allocated',
    'declare a variable: a model has all of its objects from the start',
  ],
  [
    'LOCKSTEP_THREAD(t) { int *p = kmalloc(4, 0); }',
    'c-unsupported 2:31',
    'kmalloc(): memory that is allocated',
    'declare a variable: a model has all of its objects from the start',
  ],
  [
    'LOCKSTEP_THREAD(t) { printk("x", 1); }',
    'c-unsupported 2:22',
    'printk(): text that is printed',
    'take it out: the lanes of a counterexample show what happens',
  ],
  [
    'static void f(void) {} LOCKSTEP_THREAD(t) { void (*p)(void) = f; p(); }',
    'c-unsupported 2:63',
    'the address of the function f',
    'call it by its name, since which function is called has to be known; LOCKSTEP_CALLBACK() is for works and timers',
  ],
  [
    'static void f(void) {} LOCKSTEP_THREAD(t) { void *p = &f; }',
    'c-unsupported 2:56',
    'the address of the function f',
    'call it by its name, since which function is called has to be known; LOCKSTEP_CALLBACK() is for works and timers',
  ],
  [
    'struct ops { void (*run)(int); }; static struct ops o; LOCKSTEP_THREAD(t) { o.run(1); }',
    'c-unsupported 2:77',
    'a call through a pointer',
    'call the function by its name: which one it is has to be known',
  ],
  [
    'LOCKSTEP_THREAD(t) { smp_mbb(); }',
    'c-unknown 2:22',
    'there is no function smp_mbb',
    'did you mean smp_mb, smp_rmb, smp_wmb?',
  ],
  [
    'void f(int); LOCKSTEP_THREAD(t) { f(1); }',
    'c-unknown 2:35',
    'f is declared, but it has no body',
    'write what it does, or include the header that has it',
  ],
  [
    'int x;',
    'c-nothing 1:1',
    'the file has no thread',
    'write LOCKSTEP_THREAD(name) { ... } for each, with #include <lockstep.h>',
  ],
  [
    'LOCKSTEP_THREAD(t) { } LOCKSTEP_THREAD(t) { }',
    'c-duplicate 2:24',
    'there are two threads or properties t',
    'give one of them another name',
  ],
  [
    'static int f(int n) { return n ? f(n - 1) : 0; } LOCKSTEP_THREAD(t) { f(1); }',
    'c-unsupported 2:1',
    'recursion: f -> f',
    'write a loop',
  ],
  [
    'static int g(int n); static int f(int n) { return g(n); } static int g(int n) { return f(n); } LOCKSTEP_THREAD(t) { f(1); }',
    'c-unsupported 2:22',
    'recursion: f -> g -> f',
    'write a loop',
  ],
  [
    'static void f(void); LOCKSTEP_PRIMITIVE void p(void) { f(); } static void f(void) { p(); } LOCKSTEP_THREAD(t) { f(); }',
    'c-unsupported 2:63',
    'recursion: f -> f',
    'write a loop',
  ],
  [
    'LOCKSTEP_PRIMITIVE void p(void) { p(); } LOCKSTEP_THREAD(t) { p(); }',
    'c-unsupported 2:35',
    'p calls itself',
    'write a loop',
  ],
  [
    'int a[]; LOCKSTEP_THREAD(t) { a[0] = 1; }',
    'c-unsupported 2:1',
    'the array a has no length',
    'say how many elements it has',
  ],
  [
    'LOCKSTEP_THREAD(t) { int a[]; a[0] = 1; }',
    'c-unsupported 2:22',
    'the array a has no length',
    'say how many elements it has',
  ],
  [
    'extern int a[]; LOCKSTEP_THREAD(t) { a[0] = 1; }',
    'c-unknown 2:38',
    'a is declared extern, but no file defines it',
    'declare it without extern: all files of a model are one',
  ],
  [
    'struct s { int n; int a[]; }; static struct s x; LOCKSTEP_THREAD(t) { x.a[0] = 1; }',
    'c-unsupported 2:19',
    'the array a at the end has no length',
    'say how many elements it has',
  ],
  [
    'int a[100000]; LOCKSTEP_THREAD(t) { a[0] = 1; }',
    'c-unsupported 2:5',
    'an array of 100000 elements',
    '0 to 4096 are possible; a model needs few',
  ],
  [
    'int a[4000][4000]; LOCKSTEP_THREAD(t) { a[0][0] = 1; }',
    'c-unsupported 2:1',
    'a is a int[4000][4000] of 16000000 locations',
    '4096 are possible; a model needs few',
  ],
  [
    'int a[-1]; LOCKSTEP_THREAD(t) { a[0] = 1; }',
    'c-unsupported 2:5',
    'an array of -1 elements',
    '0 to 4096 are possible; a model needs few',
  ],
  [
    'LOCKSTEP_THREADS(t, 2, n) { int a[n + 1]; a[0] = 1; }',
    'c-constant 2:35',
    'n + 1 is no constant',
    'write a number, an enum constant or a macro',
  ],
  [
    'struct a { int x; }; struct b { long y; }; struct a v; LOCKSTEP_THREAD(t) { struct b *p = (struct b *)&v; p->y = 1; }',
    'c-type 2:91',
    'a pointer to struct a is made one to struct b, which is something else',
    'give it the type of what it points to; container_of() leads from a member to its struct',
  ],
  [
    'int v; LOCKSTEP_THREAD(t) { int p = (int)&v; }',
    'c-type 2:37',
    'a pointer in int, which is too narrow for it',
    'use unsigned long or intptr_t',
  ],
  [
    'int x; LOCKSTEP_THREAD(P) { int r0 = x; x = r0; } LOCKSTEP_INVARIANT(i, r0 == 1)',
    'c-unknown 2:73',
    'r0 is a local of P, which a property cannot see',
    'make it a variable of the file',
  ],
  [
    'int x; LOCKSTEP_THREAD(P) { x = 1; } LOCKSTEP_INVARIANT(i, !LOCKSTEP_AT(P, out))',
    'c-unknown 2:61',
    'there is no label out in P',
    'write LOCKSTEP_LABEL(name) in it, before a statement',
  ],
  [
    'int x; LOCKSTEP_THREAD(P) { x = 1; } LOCKSTEP_INVARIANT(i, !LOCKSTEP_AT(Q, out))',
    'c-unknown 2:61',
    'there is no thread Q',
    'name one that LOCKSTEP_THREAD() or its kin defines',
  ],
  [
    'int x; LOCKSTEP_THREAD(P) { a: x = 1; if (LOCKSTEP_AT(P, a)) x = 2; }',
    'c-unsupported 2:43',
    'LOCKSTEP_AT() outside of a property',
    'use it in LOCKSTEP_INVARIANT() and its kin: a thread does not see where another is',
  ],
  [
    'int x, y; LOCKSTEP_THREAD(P) { int r = READ_ONCE(x) + READ_ONCE(y); x = r; }',
    'c-order 2:40',
    'C leaves open which access of READ_ONCE(x) + READ_ONCE(y) comes first',
    'load one of the two into a local before, and use that',
  ],
  [
    'int x, y[2]; LOCKSTEP_THREAD(P) { int r = (y + READ_ONCE(x))[READ_ONCE(y[1])]; x = r; }',
    'c-order 2:43',
    'C leaves open which access of (y + READ_ONCE(x))[READ_ONCE(y[1])] comes first',
    'load one of the two into a local before, and use that',
  ],
  [
    'LOCKSTEP_THREAD(P) { int i = 0; i = i++; assert(i == 1); }',
    'c-order 2:33',
    'C leaves open what comes first in i = i++: it changes i, and has it elsewhere',
    'write two statements',
  ],
  [
    'LOCKSTEP_THREAD(P) { int i = 0; int j = i + i++; assert(j); }',
    'c-order 2:41',
    'C leaves open what comes first in i + i++: it changes i, and has it elsewhere',
    'write two statements',
  ],
  [
    'union u { int a; long b; }; static union u x; LOCKSTEP_THREAD(t) { x.a = 1; x.b = 2; }',
    'c-unsupported 2:77',
    'two fields of a union: b here, and a elsewhere',
    'make it a struct if they do not mean the same bits, or use one of them only',
  ],
  [
    'static struct { union { int a; int b; }; int c; } x = { 1, 2 }; LOCKSTEP_THREAD(t) { assert(x.a == x.b); }',
    'c-unsupported 2:100',
    'two fields of a union: b here, and a elsewhere',
    'make it a struct if they do not mean the same bits, or use one of them only',
  ],
  [
    'struct s { int a : 3; }; static struct s x; LOCKSTEP_THREAD(t) { x.a = 1; }',
    'c-unsupported 2:12',
    'a bit field',
    'give it an integer of its own: fields of one word race with each other',
  ],
  [
    'LOCKSTEP_THREAD(t) { const char *p = "abc"; }',
    'c-unsupported 2:38',
    'a string',
    'take it out: a model has no text',
  ],
  [
    'static char c[] = "abc"; LOCKSTEP_THREAD(t) { c[0] = 1; }',
    'c-unsupported 2:19',
    'a string',
    'write its characters in a list, if they matter',
  ],
  [
    'static_assert(1, "x"); LOCKSTEP_THREAD(t) { }',
    'c-unsupported 2:1',
    "'static_assert' is an assertion for the compiler, which the model does not have",
    'Leave it out: #ifndef __LOCKSTEP__.',
  ],
  [
    '_Static_assert(sizeof(int) == 4, "x"); LOCKSTEP_THREAD(t) { }',
    'c-unsupported 2:1',
    "'_Static_assert' is an assertion for the compiler, which the model does not have",
    'Leave it out: #ifndef __LOCKSTEP__.',
  ],
  [
    '_Static_assert(sizeof(int) == 8, "x"); LOCKSTEP_THREAD(t) { }',
    'c-unsupported 2:1',
    "'_Static_assert' is an assertion for the compiler, which the model does not have",
    'Leave it out: #ifndef __LOCKSTEP__.',
  ],
  [
    'static void f(int a, ...) { } LOCKSTEP_THREAD(t) { f(1, 2); }',
    'c-unsupported 2:22',
    'A function with variable arguments is not supported',
    'Give it parameters.',
  ],
  [
    'static int f(a) int a; { return a; } LOCKSTEP_THREAD(t) { f(1); }',
    'c-unsupported 2:17',
    'A type behind the names of parameters is not supported',
    'Write the types in the parentheses.',
  ],
  [
    'static f(int a) { return a; } LOCKSTEP_THREAD(t) { f(1); }',
    'c-syntax 2:14',
    "'a' was not expected here behind 'int'",
    'Look at what stands before it: an operator, a bracket or a semicolon may be missing.',
  ],
  [
    'LOCKSTEP_THREAD(t) { int f(void) { return 1; } f(); }',
    'c-unsupported 2:22',
    'A function within a function is not supported',
    'Write it before this one.',
  ],
  [
    'int x; LOCKSTEP_THREAD(t) { goto in; LOCKSTEP_ATOMIC { x = 1; in: x = 2; } }',
    'c-unsupported 2:29',
    'goto in, which is within a step',
    'enter LOCKSTEP_ATOMIC or LOCKSTEP_STEP by its beginning',
  ],
  [
    'int x; LOCKSTEP_THREAD(t) { LOCKSTEP_ATOMIC { x = 1; goto out; } out: x = 2; }',
    'c-unsupported 2:54',
    'goto within a step',
    'leave LOCKSTEP_ATOMIC or LOCKSTEP_STEP by its end, break, continue or return',
  ],
  [
    'int x; LOCKSTEP_THREAD(t) { switch (x) { LOCKSTEP_ATOMIC { case 0: x = 1; } } }',
    'c-unsupported 2:60',
    'a case within a step',
    'enter LOCKSTEP_ATOMIC or LOCKSTEP_STEP by its beginning',
  ],
  [
    'int x; LOCKSTEP_THREAD(t) { switch (x) { case 1 ... 3: x = 1; } }',
    'c-unsupported 2:49',
    'A range of cases is not supported',
    'Write a case for each value.',
  ],
  [
    '_Atomic int x; LOCKSTEP_THREAD(t) { x = 1; }',
    'c-unsupported 2:1',
    "'_Atomic' is an atomic of C's own, which the model does not have",
    "Use atomic_t, or the kernel's READ_ONCE() and cmpxchg().",
  ],
  [
    '__thread int x; LOCKSTEP_THREAD(t) { x = 1; }',
    'c-unsupported 2:1',
    "'__thread' is a variable for each thread, which the model does not have",
    'Declare it in the thread.',
  ],
  [
    'static DEFINE_PER_CPU(int, x); LOCKSTEP_THREAD(t) { this_cpu_inc(x); }',
    'c-syntax 2:26',
    "',' was not expected here behind 'int'",
    'Look at what stands before it: an operator, a bracket or a semicolon may be missing.',
  ],
  [
    'LOCKSTEP_THREAD(t) { this_cpu_inc(x); }',
    'c-unsupported 2:22',
    'this_cpu_inc(): a variable for each CPU',
    'use an array, indexed by lockstep_self()',
  ],
  [
    'LOCKSTEP_THREAD(t) { guard(mutex)(&x); }',
    'c-unsupported 2:22',
    'guard() is not supported',
    'write the lock here and the unlock before each end',
  ],
  [
    'LOCKSTEP_THREAD(t) { scoped_guard(mutex, &x) { x = 1; } }',
    'c-unsupported 2:22',
    'scoped_guard() is not supported',
    'Write the lock before and the unlock behind.',
  ],
  [
    '#include "nope.h"',
    'c-include 2:10',
    'There is no file "nope.h" to include',
    'Name the directory that it is in with -I DIRECTORY; or leave it out, if nothing of it is needed.',
  ],
  [
    'struct s { int a; }; LOCKSTEP_THREAD(t) { struct s x = { .nope = 1 }; assert(x.a == 0); }',
    'c-unknown 2:58',
    'there is no field nope here',
    'struct s has a',
  ],
  [
    'LOCKSTEP_THREAD(t) { int x[2] = { 1, 2, 3 }; assert(x[0] == 1); }',
    'c-type 2:41',
    'there are more values than parts',
    'take them out',
  ],
  [
    'struct a { int x; }; struct b { int x; }; static struct b v; LOCKSTEP_THREAD(t) { struct a w = v; assert(w.x == 0); }',
    'c-type 2:96',
    'v for a struct a',
    'write a list, { ... }, or a struct of the same type',
  ],
  [
    'extern int x; LOCKSTEP_THREAD(t) { x = 1; }',
    'c-unknown 2:36',
    'x is declared extern, but no file defines it',
    'declare it without extern: all files of a model are one',
  ],
  [
    'const int x = 1; LOCKSTEP_THREAD(t) { x = 2; }',
    'c-type 2:39',
    'what is const is written to',
    'take const out where it is declared, or do not write',
  ],
  [
    'int v; LOCKSTEP_THREAD(t) { const int *p = &v; *p = 2; }',
    'c-type 2:48',
    'what is const is written to',
    'take const out where it is declared, or do not write',
  ],
  [
    'struct s { int a; }; static const struct s x; LOCKSTEP_THREAD(t) { x.a = 2; }',
    'c-type 2:68',
    'what is const is written to',
    'take const out where it is declared, or do not write',
  ],
  [
    'int x; long x; LOCKSTEP_THREAD(t) { x = 1; }',
    'c-duplicate 2:8',
    'x is declared twice',
    'give one of them another name',
  ],
  [
    'int x; static void x(void) { } LOCKSTEP_THREAD(t) { x(); }',
    'c-duplicate 2:8',
    'x is declared twice',
    'give one of them another name',
  ],
  [
    'enum { A }; int A; LOCKSTEP_THREAD(t) { A = 1; }',
    'c-duplicate 2:13',
    'A is declared twice',
    'give one of them another name',
  ],
  [
    'LOCKSTEP_THREAD(t) { int x = 0; switch (x) { case 1: x = 1; case 1: x = 2; } }',
    'c-duplicate 2:61',
    'there are two cases 1 in the switch',
    'take one of them out',
  ],
  [
    'LOCKSTEP_THREAD(t) { int x = 0; switch (x) { default: x = 1; default: x = 2; } }',
    'c-duplicate 2:62',
    'there are two defaults in the switch',
    'take one of them out',
  ],
  [
    'struct nope x; LOCKSTEP_THREAD(t) { }',
    'c-type 2:1',
    'x is a struct nope, which is not defined',
    'define it, or include the header that does',
  ],
  [
    'struct s { struct s x; }; struct s v; LOCKSTEP_THREAD(t) { }',
    'c-type 2:12',
    'the field x is a struct s, which is not defined here',
    'define it before, or use a pointer',
  ],
  [
    'int x; LOCKSTEP_THREAD(t) { unsigned *p = (unsigned *)&x; *p = 4000000000u; assert(x < 0); }',
    'c-type 2:43',
    'a pointer to int is made one to unsigned int, which is something else',
    'give it the type of what it points to; container_of() leads from a member to its struct',
  ],
  [
    'int x[2]; LOCKSTEP_THREAD(t) { assert(&x[0] < &x[1]); }',
    'c-unsupported 2:39',
    'pointers are compared with <',
    'compare indices',
  ],
  [
    'int x; LOCKSTEP_THREAD(t) { x = 1; } LOCKSTEP_INVARIANT(i, x = 1)',
    'c-unsupported 2:38',
    'the property i stores',
    'only look; == compares',
  ],
  [
    'int x; LOCKSTEP_THREAD(t) { x = 1; } static int f(void) { lockstep_await(x); return 1; } LOCKSTEP_INVARIANT(i, f())',
    'c-unsupported 2:90',
    'the property i waits',
    'only look',
  ],
  [
    'int x; LOCKSTEP_THREAD(t) { x = 1; } LOCKSTEP_INVARIANT(i, lockstep_self() == 1)',
    'c-unsupported 2:38',
    'the property i asks for the thread that runs',
    'a property is of no thread: name the thread, by lockstep_thread(name)',
  ],
  [
    'int x; LOCKSTEP_THREAD(t) { x = 1; } LOCKSTEP_INVARIANT(i, x) LOCKSTEP_LEADS_TO(i, x, x)',
    'c-duplicate 2:63',
    'i is declared twice',
    'give one of them another name',
  ],
  [
    'int x; LOCKSTEP_THREAD(t) { x = 1; } LOCKSTEP_INVARIANT(DataRace, x)',
    'c-duplicate 2:38',
    'DataRace is the name of a property that every program has',
    'give it another name',
  ],
  [
    'int x; LOCKSTEP_THREAD(t) { x = 1; } static int f(void) { int a[2] = {1, 2}; return a[x]; } LOCKSTEP_INVARIANT(i, f())',
    'c-unsupported 2:93',
    'the property i keeps something in a local in memory',
    'use locals of integer types, of which nobody takes the address',
  ],
  [
    'struct s { int a; }; static volatile struct s x; LOCKSTEP_THREAD(t) { x.a = 1; } LOCKSTEP_THREAD(u) { x.a = 2; }',
    'c-unsupported 2:38',
    'volatile struct s',
    'say it of its fields, or mark their accesses by READ_ONCE() and WRITE_ONCE()',
  ],
  [
    'LOCKSTEP_THREAD(t) { unsigned long w = 4; assert(test_bit(2, &w)); }',
    'c-unsupported 2:50',
    'a bit of a local of which nobody has the address',
    'use & and << on it',
  ],
  [
    'int x; LOCKSTEP_THREAD(t) { int *p = &(x + 1); }',
    'c-type 2:40',
    'x + 1 is no place that can be assigned to',
    'name a variable, a field, an element, or what a pointer points to',
  ],
  [
    'int x; LOCKSTEP_THREAD(t) { x + 1 = 2; }',
    'c-syntax 2:35',
    "'=' was not expected here behind '1'",
    'Look at what stands before it: an operator, a bracket or a semicolon may be missing.',
  ],
  ['LOCKSTEP_THREAD(t) { void x; }', 'c-type 2:22', 'x has no size', 'give it a type that can be stored'],
  [
    'int x; LOCKSTEP_THREAD(t) { a: x = 1; a: x = 2; }',
    'c-duplicate 2:39',
    'there are two labels a',
    'give one of them another name',
  ],
  ['int x; LOCKSTEP_THREAD(t) { goto b; a: x = 1; }', 'c-unknown 2:29', 'there is no label b', 'the function has a'],
  ['LOCKSTEP_THREAD(t) { break; }', 'c-type 2:22', 'break outside of a loop', 'take it out'],
  ['static void f(int a) { } LOCKSTEP_THREAD(t) { f(); }', 'c-type 2:47', 'f is called with 0 arguments', 'it takes 1'],
  ['static void f(void) { } LOCKSTEP_THREAD(t) { f(1); }', 'c-type 2:46', 'f is called with 1 arguments', 'it takes 0'],
  [
    'int x; LOCKSTEP_THREAD(t) { LOCKSTEP_STEP { x = lockstep_choose(2); } }',
    'c-unsupported 2:49',
    'a choice within a step',
    'choose before LOCKSTEP_ATOMIC or LOCKSTEP_STEP, into a local',
  ],
  [
    'LOCKSTEP_THREAD(t) { } LOCKSTEP_INTERRUPT(i, nobody) { }',
    'c-unknown 2:24',
    'a handler that interrupts nobody, which is no thread',
    'there are t, i',
  ],
  [
    'static void f(void) { return 1; } LOCKSTEP_THREAD(t) { f(); }',
    'c-type 2:23',
    'a value is returned, and the function has none',
    'give the function its type',
  ],
  [
    'static void f(void) { } LOCKSTEP_THREAD(t) { int x = f(); }',
    'c-type 2:46',
    'a void where a int is wanted',
    'give both the same type',
  ],
  ['LOCKSTEP_THREAD(t) { int x = sizeof(void); }', 'c-type 2:30', 'void has no size', 'give it a type that is defined'],
  [
    'static foo_t x; LOCKSTEP_THREAD(t) { }',
    'c-syntax 2:8',
    'There is no type foo_t',
    'Include the file that declares it, or write a typedef.',
  ],
  [
    'int x; LOCKSTEP_THREAD(t) { x = 1; } LOCKSTEP_THREAD(u) { t(); }',
    'c-unsupported 2:59',
    't is called, which is a thread or a property',
    'put what it does into a function that both call',
  ],
  [
    'struct s { int a; }; LOCKSTEP_THREAD(t) { int x = offsetof(struct s, a); }',
    'c-syntax 2:67',
    "'s' was not expected here behind 'struct'",
    'Look at what stands before it: an operator, a bracket or a semicolon may be missing.',
  ],
  [
    'LOCKSTEP_THREAD(t) { int x = _Generic(1, int: 2); }',
    'c-unsupported 2:30',
    "'_Generic' is a choice by type, which the model does not have",
    'Write what is chosen.',
  ],
  [
    'static void f(int a, int b) { } LOCKSTEP_THREAD(P) { int i = 0; f(i, i++); }',
    'c-order 2:65',
    'C leaves open what comes first in f(i, i++): it changes i, and has it elsewhere',
    'write two statements',
  ],
  [
    'static const int x; LOCKSTEP_THREAD(t) { cmpxchg(&x, 0, 1); }',
    'c-type 2:42',
    'what is const is written to',
    'take const out where it is declared, or do not write',
  ],
  [
    'enum nope x; LOCKSTEP_THREAD(t) { }',
    'c-unknown 2:1',
    'there is no enum nope',
    'define it before, or include what defines it',
  ],
  [
    'enum e { A }; enum e { B }; LOCKSTEP_THREAD(t) { }',
    'c-duplicate 2:15',
    'enum e is defined twice',
    'define it once',
  ],
  [
    'struct s { int a; }; union s x; LOCKSTEP_THREAD(t) { }',
    'c-duplicate 2:22',
    's is the tag of something else',
    'give one of them another name',
  ],
  [
    'struct s { int a; int a; }; LOCKSTEP_THREAD(t) { }',
    'c-duplicate 2:1',
    'struct s has two fields a',
    'give one of them another name',
  ],
  [
    'static int a[2] = { [2] = 1 }; LOCKSTEP_THREAD(t) { }',
    'c-type 2:21',
    'there is no element 2 here',
    'it is an array of 2 elements',
  ],
  [
    'static int x; static int y = x; LOCKSTEP_THREAD(t) { }',
    'c-constant 2:30',
    'x is no constant',
    'a variable of the file begins with a constant or an address',
  ],
  [
    'int x; LOCKSTEP_THREAD(P) { LOCKSTEP_STEP { a: x = 1; } } LOCKSTEP_INVARIANT(i, !LOCKSTEP_AT(P, a))',
    'c-unsupported 2:45',
    'a label that LOCKSTEP_AT() asks for within a step',
    'leave LOCKSTEP_ATOMIC or LOCKSTEP_STEP by its end, break, continue or return',
  ],
  [
    'int x; LOCKSTEP_THREAD(P) { switch (&x) { case 0: x = 1; } }',
    'c-type 2:37',
    'a switch on a int *',
    'switch on an integer',
  ],
  [
    'typedef int t1; typedef long t1; LOCKSTEP_THREAD(t) { }',
    'c-duplicate 2:17',
    't1 is declared twice',
    'give one of them another name',
  ],
  [
    'int x; LOCKSTEP_THREAD(t) { x = sizeof(sizeof(sizeof(sizeof(sizeof(sizeof(sizeof(sizeof(sizeof(sizeof(sizeof(sizeof(sizeof(x))))))))))))); }',
    'c-unsupported 2:117',
    'types that depend on each other more than 10 deep',
    'declare a variable for a part of it',
  ],
]

describe('C that is refused', () => {
  test.each(REFUSED)('%s', async (text, where, message, hint) => {
    const problem = await problemOf(`#include <lockstep.h>\n${text}\n`)
    expect(`${problem.code} ${problem.line}:${problem.column}`).toBe(where)
    expect(problem).toMatchObject({ file: 'test.c', message, hint })
  })

  test('primitives that call primitives without end', async () => {
    const call = (name: string): string => `${name}(x); `.repeat(8)
    const texts = ['a', 'b', 'c', 'd', 'e'].map((name, i, names) => {
      const inner = names[i - 1]
      return `LOCKSTEP_PRIMITIVE void ${name}(int x) { ${inner === undefined ? 'x++; '.repeat(64) : call(inner)}}`
    })
    const text = `#include <lockstep.h>\n${texts.join('\n')}\nLOCKSTEP_THREAD(t) { e(1); }\n`
    expect(await problemOf(text)).toMatchObject({
      code: 'c-unsupported',
      message: 'primitives that become more than 100000 instructions where they are called',
      line: 3,
    })
  })

  test('an include of itself, and one from outside of -I', async () => {
    expect(await problemOf('#include "test.c"\n')).toMatchObject({ code: 'c-include', line: 1 })
    expect(await problemOf('#include <../package.json>\n')).toMatchObject({ code: 'c-include', line: 1 })
  })

  test('a file of 10 MB, and one that is nested too deep', async () => {
    expect(await problemOf('int x;\n'.repeat(1_500_000))).toMatchObject({ code: 'c-too-large' })
    expect(await problemOf(`int x = ${'('.repeat(5_000)}1${')'.repeat(5_000)};`)).toMatchObject({ code: 'c-too-large' })
    expect(await problemOf(`int x = ${'1 + '.repeat(5_000)}1;`)).toMatchObject({ code: 'c-too-large' })
  })
})
