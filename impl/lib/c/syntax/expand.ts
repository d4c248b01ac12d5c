/**
 * Macros replaced by what they stand for. A macro is none within its own text, as long as that is read: its name is painted there,
 * for good. What is read of a text after the use of a macro belongs to its arguments if the text ended in the macro's name.
 */

import { shown } from '../../text/shown.ts'
import { errorAtToken, quoted } from './error.ts'
import { oneToken } from './lex.ts'
import { LIMITS } from './limits.ts'
import type { BodyToken, Macro } from './macro.ts'
import { Inside, Token, Use } from './token.ts'

/** A list of tokens that is being read, and the macro whose text it is. */
interface Reading {
  readonly tokens: readonly Token[]
  at: number
  readonly macro: Macro | undefined
}

/** An argument as it is written, and with its own macros replaced. */
interface Argument {
  readonly tokens: readonly Token[]
  /** whether there is none, not even an empty one */
  readonly isOmitted: boolean
  expanded: readonly Token[] | undefined
}

const OMITTED: Argument = { tokens: [], isOmitted: true, expanded: [] }

/** The written use that a macro's tokens belong to, given its name and the `)` behind its arguments. */
const useOf = (name: Token, close: Token | undefined): Use => {
  const { use } = name
  if (use === undefined) {
    const isWritten = close?.use === undefined && close?.source === name.source && close.inside === name.inside
    return new Use(name.text, name.source, name.start, isWritten ? close.end : name.end)
  }
  // `#define F G`, and then F(x): the arguments are written behind the use of F
  const extends_ = close?.use === undefined && close?.source === use.source && close.inside === name.inside
  return extends_ && close.end > use.end ? new Use(use.macro, use.source, use.start, close.end) : use
}

export class Expander {
  readonly macros: Map<string, Macro>
  /** those whose own text is being read */
  readonly busy = new Set<Macro>()
  /** the next value of `__COUNTER__` */
  count: number
  /** told of each name that is replaced */
  readonly onUse: ((name: Token) => void) | undefined
  private work = 0
  private depth = 0

  constructor(macros: Map<string, Macro>, count: number, onUse?: (name: Token) => void) {
    this.macros = macros
    this.count = count
    this.onUse = onUse
  }

  /** All tokens of a list after replacement. */
  expand(tokens: readonly Token[]): Token[] {
    return new Expansion(this, tokens).all()
  }

  /** The same of an argument, which may itself be full of uses. */
  expandArgument(tokens: readonly Token[]): readonly Token[] {
    if (!tokens.some(({ kind, text, painted }) => kind === 'name' && !painted && this.macros.has(text))) return tokens
    const [first] = tokens
    if (++this.depth > LIMITS.macros && first !== undefined) {
      const message = `Uses of macros are nested more than ${LIMITS.macros} deep`
      throw errorAtToken('c-too-large', first, message, 'Take some of them apart.')
    }
    const expanded = this.expand(tokens)
    this.depth--
    return expanded
  }

  /** Counts what is made, since few lines can stand for very much. */
  spend(tokens: number, at: Token): void {
    this.work += tokens + 1
    if (this.work <= LIMITS.expansion) return
    const message = `The macros of this file stand for more than ${LIMITS.expansion} tokens`
    throw errorAtToken('c-too-large', at, message, 'Is there a macro that uses another several times, and so on?')
  }
}

/** One list while it is read. */
class Expansion {
  private readonly expander: Expander
  private readonly stack: Reading[]

  constructor(expander: Expander, tokens: readonly Token[]) {
    this.expander = expander
    this.stack = [{ tokens, at: 0, macro: undefined }]
  }

  all(): Token[] {
    const out: Token[] = []
    for (let token = this.next(); token !== undefined; token = this.next()) {
      const macro = token.kind === 'name' && !token.painted ? this.expander.macros.get(token.text) : undefined
      if (macro === undefined || !this.replace(macro, token)) out.push(token)
    }
    return out
  }

  /** The next token of all that is being read; the name of a macro in its own text is painted. */
  private next(): Token | undefined {
    for (;;) {
      const top = this.stack.at(-1)
      if (top === undefined) return undefined
      const token = top.tokens[top.at]
      if (token !== undefined) {
        top.at++
        return this.isBusy(token) ? token.paint() : token
      }
      this.stack.pop()
      if (top.macro !== undefined) this.expander.busy.delete(top.macro)
    }
  }

  private isBusy(token: Token): boolean {
    if (token.kind !== 'name' || token.painted || this.expander.busy.size === 0) return false
    const macro = this.expander.macros.get(token.text)
    return macro !== undefined && this.expander.busy.has(macro)
  }

  /** Whether the next token is a `(`, wherever it comes from. */
  private isCall(): boolean {
    for (let i = this.stack.length - 1; i >= 0; i--) {
      const reading = this.stack[i]
      const token = reading?.tokens[reading.at]
      if (token !== undefined) return token.is('(')
    }
    return false
  }

  /** Puts the text of a macro in front of what is to be read; false where its name is not a use of it. */
  private replace(macro: Macro, name: Token): boolean {
    let args: readonly Argument[] = []
    let close: Token | undefined
    if (macro.parameters !== undefined) {
      if (!this.isCall()) return false
      ;[args, close] = this.argumentsOf(macro, name)
    }
    this.expander.onUse?.(name)
    const use = useOf(name, close)
    const tokens = new Substitution(this.expander, macro, name, use, args).tokens()
    this.expander.spend(tokens.length, name)
    if (this.stack.length > LIMITS.expansion) this.expander.spend(LIMITS.expansion, name)
    this.expander.busy.add(macro)
    this.stack.push({ tokens, at: 0, macro })
    return true
  }

  /** Everything up to the `)` that closes a use, parted at commas. */
  private argumentsOf(macro: Macro, name: Token): [Argument[], Token] {
    this.next()
    const parameters = macro.parameters ?? []
    const args: Token[][] = [[]]
    for (let depth = 0; ;) {
      const token = this.next()
      if (token === undefined) {
        const message = `The arguments of the macro ${shown(name.text)} do not end`
        const hint = 'Close them with ); a directive cannot stand among them.'
        throw errorAtToken('c-preprocessor', name, message, hint)
      }
      if (token.is(')') && depth-- === 0) return [this.counted(macro, name, args), token]
      if (token.is('(')) depth++
      const isLast = macro.variadic && args.length === parameters.length
      if (token.is(',') && depth === 0 && !isLast) args.push([])
      else args.at(-1)?.push(token)
    }
  }

  private counted(macro: Macro, name: Token, lists: readonly (readonly Token[])[]): Argument[] {
    const parameters = macro.parameters ?? []
    const args = lists.map((tokens) => ({ tokens, isOmitted: false, expanded: undefined }))
    const isNone = lists.length === 1 && lists[0]?.length === 0
    if (parameters.length === 0 && isNone) return []
    if (macro.variadic && parameters.length === 1 && isNone) return [OMITTED]
    if (macro.variadic && args.length === parameters.length - 1) return [...args, OMITTED]
    if (args.length === parameters.length) return args
    const given = isNone ? 0 : args.length
    const message = `The macro ${shown(name.text)} is given ${given} argument${given === 1 ? '' : 's'}, it has ${parameters.length}`
    const hint = `It is ${shown(`${macro.name}(${parameters.join(', ')})`)}.`
    throw errorAtToken('c-preprocessor', name, message, hint)
  }
}

/** The text of a macro with arguments in the place of parameters. */
class Substitution {
  private readonly expander: Expander
  private readonly macro: Macro
  private readonly name: Token
  private readonly use: Use
  private readonly args: readonly Argument[]
  private readonly out: Token[] = []

  constructor(expander: Expander, macro: Macro, name: Token, use: Use, args: readonly Argument[]) {
    this.expander = expander
    this.macro = macro
    this.name = name
    this.use = use
    this.args = args
  }

  tokens(): Token[] {
    if (this.macro.special !== undefined) return [this.special(this.macro.special)]
    const { body } = this.macro
    let isPasted = false
    for (let i = 0; i < body.length; i++) {
      const part = body[i]
      if (part === undefined) continue
      const next = part.paste ? body[i + 1] : undefined
      // the comma before variable arguments, of which there are none
      if (part.token.is(',') && this.isRest(next)) {
        const rest = this.args.at(-1) ?? OMITTED
        if (!rest.isOmitted) {
          this.push([this.made(part.token)])
          this.push(this.moved(rest.tokens, next?.token.spaced ?? true))
        }
        i++
        isPasted = next?.paste ?? false
        continue
      }
      const made = this.part(part, isPasted || part.paste)
      if (isPasted) this.paste(made, part)
      else this.push(made)
      isPasted = part.paste
    }
    const [first, ...others] = this.out
    if (first === undefined || first.spaced === this.name.spaced) return this.out
    return [first.moved(first.inside, this.name.spaced), ...others]
  }

  private push(tokens: readonly Token[]): void {
    for (const token of tokens) this.out.push(token)
  }

  private isRest(next: BodyToken | undefined): boolean {
    return this.macro.variadic && next?.parameter === (this.macro.parameters?.length ?? 0) - 1 && !next.stringify
  }

  private special(what: 'line' | 'file' | 'counter'): Token {
    const { use } = this
    const text =
      what === 'line'
        ? String(use.source.placeAt(use.start).line)
        : what === 'file'
          ? JSON.stringify(use.source.name)
          : String(this.expander.count++)
    return this.own(what === 'file' ? 'string' : 'number', text, this.name)
  }

  /** A token out of the macro's text. */
  private own(kind: Token['kind'], text: string, look: Token): Token {
    const from = { use: this.use, inside: this.name.inside }
    return new Token(kind, text, look, { spaced: look.spaced, first: false }, from)
  }

  private made(token: Token): Token {
    return this.own(token.kind, token.text, token)
  }

  private part({ token, parameter, stringify }: BodyToken, isRaw: boolean): readonly Token[] {
    if (parameter === undefined) return [this.made(token)]
    const argument = this.args[parameter]
    if (argument === undefined) return []
    if (stringify) return [this.own('string', stringified(argument.tokens), token)]
    if (!isRaw) argument.expanded ??= this.expander.expandArgument(argument.tokens)
    return this.moved(isRaw ? argument.tokens : (argument.expanded ?? []), token.spaced)
  }

  /** The tokens of an argument, in one occurrence of it. */
  private moved(tokens: readonly Token[], spaced: boolean): Token[] {
    const known = new Map<Inside | undefined, Inside>()
    const { use } = this
    const { inside: around } = this.name
    const occurrence = (inside: Inside | undefined): Inside => {
      const before = known.get(inside)
      if (before !== undefined) return before
      const isOutermost = inside === undefined || inside === around
      // what another macro of the same use was given is given on
      const isHere = isOutermost || (inside.use === use && inside.outer === around)
      const made = isHere ? new Inside(use, around) : new Inside(inside.use, occurrence(inside.outer))
      known.set(inside, made)
      return made
    }
    return tokens.map((token, i) => token.moved(occurrence(token.inside), i === 0 ? spaced : token.spaced))
  }

  /** Joins what is there with what comes, as `##` does; nothing joined with something is that. */
  private paste(right: readonly Token[], part: BodyToken): void {
    const left = this.out.at(-1)
    const [first, ...others] = right
    if (first === undefined) return
    if (left === undefined || this.isEmptyLeft(part)) {
      this.push(right)
      return
    }
    const found = oneToken(left.text + first.text)
    if (found === undefined) {
      const message = `'##' of ${shown(this.macro.name)} makes ${shown(left.text + first.text)} of ${quoted(left)} and ${quoted(first)}, which is not one token`
      throw errorAtToken('c-preprocessor', this.name, message, 'Leave out the ##, or give it names and numbers.')
    }
    this.out.pop()
    const [kind, text] = found
    this.push([this.own(kind, text, left), ...others])
  }

  /** Whether all that stands before a `##`, up to where no other joins it, was empty arguments. */
  private isEmptyLeft(part: BodyToken): boolean {
    const { body } = this.macro
    let empty = true
    for (let i = body.indexOf(part) - 1; i >= 0 && body[i]?.paste === true && empty; i--) {
      const { parameter, stringify } = body[i] ?? { parameter: undefined, stringify: false }
      empty = parameter !== undefined && !stringify && (this.args[parameter]?.tokens.length ?? 0) === 0
    }
    return empty
  }
}

/** What `#` makes of an argument: its spelling in quotes, white space collapsed. */
const stringified = (tokens: readonly Token[]): string => {
  const text = tokens
    .map((token, i) => {
      const isLiteral = token.kind === 'string' || token.kind === 'char'
      return (i > 0 && token.spaced ? ' ' : '') + (isLiteral ? token.text.replace(/[\\"]/g, '\\$&') : token.text)
    })
    .join('')
  return `"${text}"`
}
