/** Functions of other programs that have no place in a model, and what to write for them. */

const ALLOCATION = [
  'memory that is allocated',
  'declare a variable: a model has all of its objects from the start',
] as const
const TEXT = ['text that is printed', 'take it out: the lanes of a counterexample show what happens'] as const
const JUMP = ['a jump between functions', 'return, and look at the result'] as const
const THREAD = ['a thread that is started', 'write LOCKSTEP_THREAD(name) { ... }'] as const
const BYTES = ['memory as bytes', 'assign the struct, or its fields one by one'] as const
const CPU = ['a variable for each CPU', 'use an array, indexed by lockstep_self()'] as const

type Entry = readonly [what: string, hint: string]

const list = (names: string, entry: Entry): (readonly [string, Entry])[] =>
  names.split(' ').map((name) => [name, entry] as const)

export const INSTEAD: ReadonlyMap<string, Entry> = new Map([
  ...list('setjmp longjmp sigsetjmp siglongjmp __builtin_setjmp __builtin_longjmp', JUMP),
  ...list(
    'malloc calloc realloc free kmalloc kzalloc kcalloc krealloc kfree kvfree vmalloc vfree kvmalloc',
    ALLOCATION,
  ),
  ...list('kmem_cache_alloc kmem_cache_free kfree_rcu kvzalloc kmemdup devm_kzalloc', ALLOCATION),
  ...list('alloca __builtin_alloca', ALLOCATION),
  ...list('printf fprintf puts printk trace_printk pr_info pr_err pr_warn pr_debug pr_notice dev_info dev_err', TEXT),
  ...list('pthread_create kthread_run kthread_create kernel_thread', THREAD),
  ...list('memcpy memmove memset memcmp __builtin_memcpy __builtin_memset', BYTES),
  ...list('this_cpu_read this_cpu_write this_cpu_inc this_cpu_dec this_cpu_add this_cpu_ptr per_cpu per_cpu_ptr', CPU),
  ...list('raw_cpu_ptr get_cpu_var put_cpu_var DEFINE_PER_CPU DECLARE_PER_CPU alloc_percpu', CPU),
])
