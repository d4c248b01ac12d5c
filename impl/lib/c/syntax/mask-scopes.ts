/** Which names are types where: scopes of braces, and what stands before and behind a name. */

import type { Shown } from './shown-word.ts'
import type { Token } from './token.ts'
import { isKnownType, isQualifier, isRecord, isStorage } from './words.ts'

type Brace = 'file' | 'block' | 'fields' | 'enumerators' | 'values'

interface Bracket {
  /** the innermost braces */
  readonly brace: Brace
  readonly isBrace: boolean
  /** whether what stands in it directly is an expression */
  readonly isExpression: boolean
}

export type Role = 'type' | 'used' | 'other'

/** What may stand behind a name that is taken for a type. */
const AFTER_TYPE: ReadonlySet<string> = new Set(['*', '(', '[', ')'])

const isPunctuator = (shown: Shown | undefined, text: string): boolean =>
  shown?.kind === 'punctuator' && shown.text === text

export class MaskScopes {
  private readonly isFileType: (name: string) => boolean
  private readonly brackets: Bracket[] = [{ brace: 'file', isBrace: true, isExpression: false }]
  /** names of this chunk: how many brackets are open where they are declared, and whether they are types */
  private readonly locals: { readonly name: string; readonly isType: boolean; readonly depth: number }[] = []
  /** whether an initialiser has begun at file scope */
  private isValue = false
  /** how many brackets are open around a typedef that is being read */
  private typedefDepth: number | undefined
  /** number of the last `}` that closes fields or items */
  private recordEnd: number | undefined

  constructor(isFileType: (name: string) => boolean) {
    this.isFileType = isFileType
  }

  get isOutermost(): boolean {
    return this.brackets.length === 1
  }

  private get top(): Bracket {
    return this.brackets.at(-1) ?? { brace: 'file', isBrace: true, isExpression: false }
  }

  isType(name: string): boolean {
    for (let i = this.locals.length - 1; i >= 0; i--) {
      const local = this.locals[i]
      if (local?.name === name) return local.isType
    }
    return isKnownType(name) || this.isFileType(name)
  }

  /** Opens and closes brackets. */
  pass(token: Token, shown: readonly Shown[]): void {
    const { text } = token
    if (text === '(' || text === '[' || text === '{') this.brackets.push(this.bracket(text, shown))
    else if (text === ')' || text === ']' || text === '}') {
      const closed = this.brackets.length > 1 ? this.brackets.pop() : undefined
      const isRecordEnd = closed?.isBrace === true && (closed.brace === 'fields' || closed.brace === 'enumerators')
      if (isRecordEnd) this.recordEnd = shown.length
      // parameters are known in the body that follows
      if (text === '}') while ((this.locals.at(-1)?.depth ?? 0) > this.brackets.length) this.locals.pop()
    } else if (text === ';' && this.typedefDepth === this.brackets.length) {
      this.typedefDepth = undefined
    } else if (this.isOutermost) {
      if (text === '=') this.isValue = true
      if (text === ',') this.isValue = false
    }
  }

  private bracket(text: '(' | '[' | '{', shown: readonly Shown[]): Bracket {
    const { brace } = this.top
    if (text === '[') return { brace, isBrace: false, isExpression: true }
    if (text === '(') return { brace, isBrace: false, isExpression: this.isExpressionIn(shown) }
    return { brace: this.braceAfter(shown), isBrace: true, isExpression: false }
  }

  private braceAfter(shown: readonly Shown[]): Brace {
    const last = shown.at(-1)
    const head = last?.kind === 'name' ? shown.at(-2) : last
    if (head?.kind === 'word' && isRecord(head.text)) return head.text === 'enum' ? 'enumerators' : 'fields'
    if (isPunctuator(last, '=')) return 'values'
    const isWithin = this.top.isBrace && this.top.brace === 'values'
    return isWithin && !isPunctuator(last, ')') ? 'values' : 'block'
  }

  /** Whether parentheses that open now hold an expression, as far as that matters. */
  private isExpressionIn(shown: readonly Shown[]): boolean {
    const last = shown.at(-1)
    const isInExpression =
      this.top.isExpression ||
      this.top.brace === 'block' ||
      this.top.brace === 'values' ||
      (this.isOutermost && this.isValue)
    if (last === undefined || last.kind === 'type' || isTag(shown, shown.length - 1)) return false
    if (last.kind === 'name') return isInExpression && !this.isDeclared(shown, shown.length - 2)
    if (last.kind === 'literal') return isInExpression
    if (last.kind === 'word') return !isQualifier(last.text) && !isStorage(last.text)
    if (['*', ')', ']', '(', ',', '}', ';', '{'].includes(last.text)) return isInExpression
    return true
  }

  /** `int : 3;` */
  isUnnamedBits(previous: Shown | undefined): boolean {
    const { brace, isBrace } = this.top
    return isBrace && brace === 'fields' && (previous?.kind === 'type' || isPunctuator(previous, ','))
  }

  /** `out: }` */
  isAfterLabel(previous: Shown | undefined): boolean {
    return this.top.isBrace && this.top.brace === 'block' && isPunctuator(previous, ':')
  }

  /** A typedef in a block declares its names for what follows in it. */
  typedefIn(tokens: readonly Token[], at: number): void {
    if (this.top.brace !== 'block') return
    this.typedefDepth = this.brackets.length
    let depth = 0
    let name: Token | undefined
    for (let i = at + 1; i < tokens.length; i++) {
      const token = tokens[i]
      if (token === undefined) return
      if (token.is('{') || token.is('[')) depth++
      else if (token.is('}') || token.is(']')) depth--
      else if (depth === 0 && token.kind === 'name') name = token
      const isLast = depth === 0 && (token.is(';') || token.is(',') || (token.is(')') && tokens[i + 1]?.is('(')))
      if (isLast && name !== undefined) this.declare(name.text, true)
      if (depth === 0 && token.is(';')) return
      if (isLast && token.is(')')) return
    }
  }

  private declare(name: string, isType: boolean): void {
    const isParameter = this.top.brace === 'file'
    this.locals.push({ name, isType, depth: isParameter ? 0 : this.brackets.length })
  }

  /** What a name is, given what is shown before it and the token behind it. */
  roleOf(token: Token, next: Token | undefined, shown: readonly Shown[]): Role {
    const last = shown.at(-1)
    if (isPunctuator(last, '.') || isPunctuator(last, '->')) return 'other'
    if (last?.kind === 'word' && (isRecord(last.text) || last.text === 'goto')) return 'other'
    if (!this.isType(token.text)) return this.isUsed(next, shown) ? 'used' : 'other'
    if (this.isLabel(next, shown)) return 'other'
    if (!this.isPlain(next, shown)) return 'type'
    const isLocal = this.top.brace === 'block' || !this.top.isBrace
    if (isLocal && this.typedefDepth === undefined) this.declare(token.text, false)
    return 'other'
  }

  /** Whether a type stands there, qualifiers left out, so that a name behind it is what is declared. */
  private isDeclared(shown: readonly Shown[], at = shown.length - 1): boolean {
    let i = at
    for (; i >= 0; i--) {
      const { kind = 'literal', text = '' } = shown[i] ?? {}
      if (kind !== 'word' || !(isQualifier(text) || isStorage(text))) break
    }
    return shown[i]?.kind === 'type' || isTag(shown, i) || i === this.recordEnd
  }

  /** Whether the name of a type declares something else here, which hides the type. */
  private isPlain(next: Token | undefined, shown: readonly Shown[]): boolean {
    const last = shown.at(-1)
    if (this.isDeclared(shown) || isPunctuator(last, '*')) return true
    const { isBrace, brace } = this.top
    if (isPunctuator(last, ',') && isBrace) {
      return brace === 'enumerators' || [',', ';', '=', '[', ':'].some((text) => next?.is(text))
    }
    return brace === 'enumerators' && isBrace && isPunctuator(last, '{')
  }

  private isLabel(next: Token | undefined, shown: readonly Shown[]): boolean {
    const { isBrace, brace } = this.top
    const last = shown.at(-1)
    const isStart = [';', '{', '}', ':'].some((text) => isPunctuator(last, text))
    return brace === 'block' && isBrace && isStart && next?.is(':') === true
  }

  /** Whether a name that is no type must be shown as what cannot be one. */
  private isUsed(next: Token | undefined, shown: readonly Shown[]): boolean {
    if (next === undefined || !AFTER_TYPE.has(next.text) || next.kind !== 'punctuator') return false
    const last = shown.at(-1)
    if (isPunctuator(last, '(')) return this.top.isExpression
    if (this.top.brace !== 'block' || !this.top.isBrace) return false
    if (last?.kind === 'word') return last.text === 'else' || last.text === 'do'
    return last?.kind === 'punctuator' && ['{', '}', ';', ')', ':'].includes(last.text) && !this.isDeclared(shown)
  }
}

/** Whether the one at a number is the tag of a struct, union or enum. */
const isTag = (shown: readonly Shown[], at: number): boolean => {
  const head = shown[at - 1]
  return shown[at]?.kind === 'name' && head?.kind === 'word' && isRecord(head.text)
}
