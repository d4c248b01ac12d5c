/** C files that nobody would write: small changes of good ones, each of which its seed brings back. */

/** A generator of numbers below 1 (mulberry32). */
export type Random = () => number

export const randomOf = (seed: number): Random => {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t = (t + Math.imul(t ^ (t >>> 7), t | 61)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

const TOKEN =
  /\/\*[^]*?\*\/|\/\/[^\n]*|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|[A-Za-z_]\w*|\d\w*|->|\+\+|--|<<=?|>>=?|[<>=!+\-*/%&|^]=|&&|\|\||##|\.\.\.|\s+|[^]/g

/** Words that a good file may lack. */
const WORDS = (
  'int unsigned char long bool void struct union enum typedef static extern const volatile register inline sizeof typeof ' +
  'if else while for do switch case default break continue return goto NULL 0 1 -1 2 0x7fffffff 18446744073709551615u ' +
  '\'a\' "s" ( ) { } [ ] ; , . -> & * + - / % << >> < > == != && || ! ~ ? : = += ++ -- #define #include #if #endif # ' +
  'LOCKSTEP_THREAD(t) LOCKSTEP_ATOMIC LOCKSTEP_STEP LOCKSTEP_PRIMITIVE LOCKSTEP_OPTIONAL(O) lockstep_await(1) lockstep_choose(2) ' +
  'lockstep_self() READ_ONCE WRITE_ONCE smp_mb() xchg cmpxchg atomic_inc container_of({x},struct_s,f) assert BUG_ON(1) ' +
  'spin_lock spin_unlock schedule() wake_up wait_event mutex_lock rcu_read_lock() synchronize_rcu() local_irq_disable() ({ })'
).split(' ')

const isBlank = (token: string): boolean => /^(?:\s|\/[*/])/.test(token)

const KINDS: readonly (readonly [string, RegExp])[] = [
  ['word', /^(?:if|else|while|for|do|switch|case|default|break|continue|return|goto|struct|union|enum|static|const)$/],
  ['name', /^[A-Za-z_]/],
  ['number', /^\d/],
  ['assignment', /^[^<>=!]?=$|^(?:<<|>>)=$/],
  ['operator', /^(?:[<>=!]=|<<|>>|&&|\|\||[<>+*/%&|^-])$/],
]

const kindOf = (token: string): string | undefined => KINDS.find(([, pattern]) => pattern.test(token))?.[0]

class Mutation {
  private readonly random: Random
  private readonly others: readonly string[]
  private tokens: string[]

  constructor(random: Random, text: string, others: readonly string[]) {
    this.random = random
    this.others = others
    this.tokens = text.match(TOKEN) ?? []
  }

  private below(n: number): number {
    return Math.floor(this.random() * n)
  }

  private one(list: readonly string[]): string {
    return list[this.below(list.length)] ?? ''
  }

  /** The place of a token that is more than white space. */
  private place(): number {
    for (let i = 0; i < 20; i++) {
      const at = this.below(this.tokens.length)
      if (!isBlank(this.tokens[at] ?? ' ') && (!this.isDirective(at) || this.below(8) === 0)) return at
    }
    return 0
  }

  /** Files that lack what they include are all alike. */
  private isDirective(at: number): boolean {
    for (let i = at; i >= 0; i--) {
      const token = this.tokens[i] ?? ''
      if (token === '#') return true
      if (token.includes('\n')) return false
    }
    return false
  }

  private alike(token: string): string {
    return this.one(this.tokens.filter((other) => kindOf(other) === kindOf(token)))
  }

  /** Another of its kind, of the same file: what is likely to be taken. */
  private readonly mild = (): void => {
    let at = this.place()
    for (let i = 0; i < 20 && kindOf(this.tokens[at] ?? '') === undefined; i++) at = this.place()
    this.tokens[at] = this.alike(this.tokens[at] ?? '')
  }

  private readonly changes: readonly (() => void)[] = [
    () => void this.tokens.splice(this.place(), 1),
    () => {
      const at = this.place()
      this.tokens.splice(at, 0, this.tokens[at] ?? '', ' ')
    },
    () => {
      const at = this.place()
      this.tokens[at] = this.one(WORDS)
    },
    () => void this.tokens.splice(this.place(), 0, ' ', this.one(WORDS), ' '),
    () => {
      const [a, b] = [this.place(), this.place()]
      const kept = this.tokens[a] ?? ''
      this.tokens[a] = this.tokens[b] ?? ''
      this.tokens[b] = kept
    },
    () => void this.tokens.splice(this.place(), this.below(12)),
    () => {
      const from = this.place()
      this.tokens.splice(this.place(), 0, ...this.tokens.slice(from, from + this.below(20)))
    },
    () => {
      this.lines((lines) => void lines.splice(this.below(lines.length), 1))
    },
    () => {
      this.lines((lines) => void lines.splice(this.below(lines.length), 0, this.one(lines)))
    },
    () => {
      this.lines((lines) => void lines.splice(this.below(lines.length), 0, this.one(this.one(this.others).split('\n'))))
    },
    () => {
      this.lines((lines) => {
        const [line = ''] = lines.splice(this.below(lines.length), 1)
        lines.splice(this.below(lines.length), 0, line)
      })
    },
    () => {
      const at = this.place()
      const token = this.tokens[at] ?? ''
      const i = this.below(token.length)
      this.tokens[at] = token.slice(0, i) + String.fromCharCode(32 + this.below(95)) + token.slice(i + 1)
    },
    () => {
      if (this.below(4) === 0) this.tokens = this.tokens.slice(0, this.place())
    },
  ]

  private lines(change: (lines: string[]) => void): void {
    const lines = this.tokens.join('').split('\n')
    change(lines)
    this.tokens = lines.join('\n').match(TOKEN) ?? []
  }

  run(): string {
    for (let i = 1 + this.below(2); i > 0; i--) {
      // most are mild
      const change = this.below(3) > 0 ? this.mild : this.changes[this.below(this.changes.length)]
      change?.()
    }
    return this.tokens.join('')
  }
}

/** The mutant of a seed. */
export const mutantOf = (seed: number, sources: readonly string[]): string => {
  const random = randomOf(seed)
  const source = sources[Math.floor(random() * sources.length)] ?? ''
  return new Mutation(random, source, sources).run()
}
