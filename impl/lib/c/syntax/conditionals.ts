/** `#if` and its kin: which lines of a file count. */

import { conditionHolds } from './condition.ts'
import { errorAtToken, quoted } from './error.ts'
import type { Expander } from './expand.ts'
import { Token } from './token.ts'

interface Group {
  readonly begin: Token
  /** whether the lines around it count */
  readonly around: boolean
  /** whether the lines that are read now count, and whether some of the group did */
  live: boolean
  taken: boolean
  hasElse: boolean
}

const HINT = 'Each #if, #ifdef and #ifndef has one #endif, and at most one #else.'

export class Conditionals {
  private readonly expander: Expander
  private readonly groups: Group[] = []

  constructor(expander: Expander) {
    this.expander = expander
  }

  get live(): boolean {
    return this.groups.at(-1)?.live ?? true
  }

  /** Obeys a directive, if it is one of these. */
  take(name: Token, rest: readonly Token[]): boolean {
    switch (name.text) {
      case 'if':
      case 'ifdef':
      case 'ifndef':
        this.open(name, rest)
        return true
      case 'elif':
      case 'elifdef':
      case 'elifndef':
      case 'else':
        this.turn(name, rest)
        return true
      case 'endif':
        if (this.groups.pop() === undefined) throw errorAtToken('c-preprocessor', name, '#endif without #if', HINT)
        return true
      default:
        return false
    }
  }

  /** At the end of the file. */
  finish(): void {
    const open = this.groups.at(-1)
    if (open === undefined) return
    throw errorAtToken('c-preprocessor', open.begin, `#${open.begin.text} without #endif`, HINT)
  }

  private open(begin: Token, rest: readonly Token[]): void {
    const around = this.live
    const live = around && this.holds(begin, rest)
    this.groups.push({ begin, around, live, taken: live, hasElse: false })
  }

  private turn(name: Token, rest: readonly Token[]): void {
    const group = this.groups.at(-1)
    if (group === undefined || group.hasElse) {
      throw errorAtToken('c-preprocessor', name, `#${name.text} without #if before it`, HINT)
    }
    if (name.text === 'else') group.hasElse = true
    const isNext = group.around && !group.taken
    group.live = isNext && (name.text === 'else' || this.holds(name, rest))
    group.taken ||= group.live
  }

  private holds(name: Token, rest: readonly Token[]): boolean {
    if (name.text === 'if' || name.text === 'elif') {
      return conditionHolds(this.expander.expand(this.answered(rest, name)), name)
    }
    const [macro, ...more] = rest
    if (macro?.kind !== 'name' || more.length > 0) {
      const message = `#${name.text} takes one name`
      throw errorAtToken('c-preprocessor', more[0] ?? macro ?? name, message, `Write #${name.text} NAME.`)
    }
    return this.expander.macros.has(macro.text) === !name.text.endsWith('ndef')
  }

  /** `defined NAME` and `defined(NAME)` are answered before macros are replaced. */
  private answered(tokens: readonly Token[], directive: Token): Token[] {
    const out: Token[] = []
    for (let i = 0; i < tokens.length; i++) {
      const token = tokens[i]
      if (token === undefined) continue
      if (!token.is('defined')) {
        out.push(token)
        continue
      }
      const isOpen = tokens[i + 1]?.is('(') === true
      const name = tokens[i + (isOpen ? 2 : 1)]
      if (name?.kind !== 'name' || (isOpen && tokens[i + 3]?.is(')') !== true)) {
        const message = `${quoted(name)} where a name was expected behind 'defined'`
        throw errorAtToken('c-preprocessor', name ?? directive, message, 'Write defined NAME or defined(NAME).')
      }
      i += isOpen ? 3 : 1
      out.push(new Token('number', this.expander.macros.has(name.text) ? '1' : '0', token, token))
    }
    return out
  }
}
