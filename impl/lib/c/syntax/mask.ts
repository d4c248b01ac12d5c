/**
 * What tree-sitter is shown of a declaration. C cannot be parsed without knowing which names are types: `a * b;` and `(a)(b)` mean two
 * things each. tree-sitter guesses; so that there is nothing to guess, each type is shown as `int`, each name that is used and might be
 * taken for a type as `0`, any other name as `x`, and the tree is read with the tokens beside it. Attributes are left out.
 */

import { shown as quotable } from '../../text/shown.ts'
import { errorAtToken, quoted } from './error.ts'
import { MaskScopes } from './mask-scopes.ts'
import type { Shown, ShownKind } from './shown-word.ts'
import type { Token } from './token.ts'
import {
  isAttribute,
  isDropped,
  isKeyword,
  isQualifier,
  isStorage,
  isTypeof,
  isTypeWord,
  spellingOf,
  typeOfWords,
  unsupported,
} from './words.ts'

export interface Mask {
  readonly shown: readonly Shown[]
  /** the strings of `__attribute__((annotate("...")))` */
  readonly annotations: readonly (readonly Token[])[]
}

/** Whether a name is a type at file scope. */
export type IsType = (name: string) => boolean

export class Masker {
  private readonly tokens: readonly Token[]
  private readonly scopes: MaskScopes
  private readonly shown: Shown[] = []
  private readonly annotations: (readonly Token[])[] = []
  /** words of types that went into one before them */
  private readonly used = new Set<number>()
  private at = 0

  constructor(tokens: readonly Token[], isType: IsType) {
    this.tokens = tokens
    this.scopes = new MaskScopes(isType)
  }

  mask(): Mask {
    this.litmusThread()
    for (; this.at < this.tokens.length; this.at++) {
      const token = this.tokens[this.at]
      if (token !== undefined && !this.used.has(this.at)) this.one(token)
    }
    return { shown: this.shown, annotations: this.annotations }
  }

  private peek(n = 1): Token | undefined {
    return this.tokens[this.at + n]
  }

  private show(text: string, kind: ShownKind, first: Token, more?: Partial<Shown>): void {
    this.shown.push({ text, kind, first, last: first, ...more })
  }

  /** `P0(int *x) { ... }`: herd writes the threads of a litmus test without a type. */
  private litmusThread(): void {
    const [name, open] = this.tokens
    const isFunction = open?.is('(') === true && this.tokens.at(-1)?.is('}') === true
    if (name?.kind !== 'name' || !isFunction || isKeyword(spellingOf(name.text)) || isTypeof(name.text)) return
    if (isAttribute(name.text) || this.scopes.isType(name.text)) return
    if (!/^P\d+$/.test(name.text)) {
      const hint = `Write void ${quotable(name.text)}(...); if it is a macro, include the file that defines it.`
      throw errorAtToken('c-syntax', name, `The function ${quotable(name.text)} has no type`, hint)
    }
    this.show('int', 'type', name, { type: 'void', isAdded: true })
  }

  private one(token: Token): void {
    switch (token.kind) {
      case 'name':
        this.word(token)
        return
      case 'string':
        this.strings(token)
        return
      case 'number':
      case 'char':
        this.show('0', 'literal', token)
        return
      case 'punctuator':
        this.punctuator(token)
        return
      case 'other': {
        const what =
          token.text === '"' || token.text === "'" ? 'a quote that is not closed on its line' : 'no token of C'
        throw errorAtToken('c-syntax', token, `${quoted(token)} is ${what}`, 'Take it out, or close it.')
      }
    }
  }

  private strings(first: Token): void {
    const strings = [first]
    for (let next = this.peek(); next?.kind === 'string'; next = this.peek()) {
      strings.push(next)
      this.at++
    }
    this.show('""', 'literal', first, { last: strings.at(-1) ?? first, strings })
  }

  private punctuator(token: Token): void {
    const { text } = token
    if (text === '#' || text === '##') {
      throw errorAtToken('c-syntax', token, `${quoted(token)} outside of a directive`, 'A directive begins its line.')
    }
    const previous = this.shown.at(-1)
    // `int : 3;`, and a label at the end of a block
    if (text === ':' && this.scopes.isUnnamedBits(previous)) this.show('x', 'name', token, { isAdded: true })
    if (text === '}' && this.scopes.isAfterLabel(previous)) this.show(';', 'punctuator', token, { isAdded: true })
    this.scopes.pass(token, this.shown)
    this.show(text, 'punctuator', token)
  }

  private word(token: Token): void {
    const { text } = token
    const refused = unsupported(text)
    if (refused !== undefined) {
      const message = `${quoted(token)} is ${refused.what}, which the model does not have`
      throw errorAtToken('c-unsupported', token, message, refused.hint)
    }
    if (isAttribute(text)) this.attribute(token)
    else if (isTypeof(text)) this.typeOf(token)
    else if (isTypeWord(text)) this.typeWords(token)
    else if (isDropped(text)) return
    else if (isKeyword(spellingOf(text))) this.keyword(token, spellingOf(text))
    else this.name(token)
  }

  private keyword(token: Token, text: string): void {
    if (text === 'typedef') this.scopes.typedefIn(this.tokens, this.at)
    this.show(text, 'word', token)
  }

  /** All words of one type, between which qualifiers may stand. */
  private typeWords(first: Token): void {
    const list: Token[] = []
    for (let i = this.at; ; i++) {
      const token = this.tokens[i]
      if (token?.kind !== 'name') break
      const word = spellingOf(token.text)
      if (isTypeWord(word)) {
        list.push(token)
        this.used.add(i)
      } else if (!isQualifier(word) && !isStorage(word) && !isDropped(word)) break
    }
    const written = list.map(({ text }) => text)
    const type = typeOfWords(written)
    if (type === undefined) {
      const message = `'${written.join(' ')}' is no type of C`
      throw errorAtToken('c-syntax', first, message, 'Write one such as unsigned long.')
    }
    this.show('int', 'type', first, { type, last: list.at(-1) ?? first })
  }

  /** The tokens in the parentheses that follow. */
  private parenthesized(word: Token): Token[] {
    if (this.peek()?.is('(') !== true) {
      const next = this.peek() ?? word
      throw errorAtToken('c-syntax', next, `${quoted(next)} where '(' was expected behind ${quoted(word)}`, 'Add it.')
    }
    const inner: Token[] = []
    this.at++
    for (let depth = 1; ;) {
      const token = this.tokens[++this.at]
      if (token === undefined) throw errorAtToken('c-syntax', word, `${quoted(word)} does not end`, 'Close it with ).')
      if (token.is('(')) depth++
      if (token.is(')') && --depth === 0) return inner
      inner.push(token)
    }
  }

  private attribute(word: Token): void {
    const inner = this.parenthesized(word)
    const [open] = inner
    if (word.text.startsWith('__attribute') && open?.is('(') !== true) {
      const message = `${quoted(open ?? word)} where '(' was expected: attributes stand in two pairs of parentheses`
      throw errorAtToken('c-syntax', open ?? word, message, 'Write __attribute__((packed)).')
    }
    if (!this.scopes.isOutermost) return
    inner.forEach((token, i) => {
      if (token.is('annotate') || token.is('__annotate__')) {
        const end = inner.findIndex((other, j) => j > i && other.kind !== 'string' && !other.is('('))
        this.annotations.push(inner.slice(i + 2, end < 0 ? undefined : end))
      }
    })
  }

  private typeOf(word: Token): void {
    const inner = this.parenthesized(word)
    this.show('int', 'type', word, { last: this.tokens[this.at] ?? word, inner })
  }

  private name(token: Token): void {
    const next = this.peek()
    const role = this.scopes.roleOf(token, next, this.shown)
    if (role === 'type') this.show('int', 'type', token, { type: token.text })
    else this.show(role === 'used' ? '0' : 'x', 'name', token)
  }
}
