/** C read in tests: from text and headers to trees, tokens or the error; and trees on one line, with all that is implied written out. */

import type { Declaration, Expr, Initialiser, Statement, TypeSyntax } from '../../../../impl/lib/c/syntax/ast.ts'
import { IncludeMemory } from '../../../../impl/lib/c/syntax/include-memory.ts'
import { loadCParser } from '../../../../impl/lib/c/syntax/index.ts'
import { Preprocessor } from '../../../../impl/lib/c/syntax/preprocess.ts'
import type { IncludeEnvironment, SourceFile } from '../../../../impl/lib/c/syntax/source.ts'
import type { Token } from '../../../../impl/lib/c/syntax/token.ts'
import type { Problem } from '../../../../impl/lib/kernel/error.ts'
import { LockstepError } from '../../../../impl/lib/kernel/error.ts'

const parser = await loadCParser()

export interface Around {
  readonly headers?: Readonly<Record<string, string>>
  readonly defines?: Readonly<Record<string, string>>
}

export const environmentOf = ({ headers = {}, defines = {} }: Around): IncludeEnvironment => ({
  include: (name) => (name in headers ? { name, text: headers[name] ?? '' } : undefined),
  defines: new Map(Object.entries(defines)),
  isHeader: (file) => file in headers,
})

export const read = (text: string, around: Around = {}, file: Partial<SourceFile> = {}): readonly Declaration[] =>
  parser.parse({ name: 'a.c', ...file, text }, environmentOf(around)).declarations

/** The error that a text is refused with. */
export const problemOf = (text: string, around: Around = {}, file: Partial<SourceFile> = {}): Problem => {
  try {
    read(text, around, file)
  } catch (error) {
    if (error instanceof LockstepError && error.exit === 2) return error.problem
    throw error
  }
  throw new Error(`nothing is wrong with ${text}`)
}

/** What the preprocessor leaves. */
export const tokensOf = (text: string, around: Around = {}): Token[] => {
  const tokens: Token[] = []
  const sink = {
    push: (more: readonly Token[]) => void tokens.push(...more),
    isBetween: () => false,
    mark: () => 0,
    since: () => [],
    again: () => undefined,
  }
  new Preprocessor(environmentOf(around), sink, new IncludeMemory()).run({ name: 'a.c', text })
  return tokens
}

// --------------------------------------------------------------------------------------------------- trees as one line

export const typeText = (type: TypeSyntax): string => {
  const text = bareType(type)
  return type.volatile === true ? `volatile ${text}` : text
}

const bareType = (type: TypeSyntax): string => {
  switch (type.kind) {
    case 'named':
      return type.name
    case 'struct':
    case 'union': {
      const head = type.tag === undefined ? type.kind : `${type.kind} ${type.tag}`
      const fields = type.fields?.map(
        (f) => `${f.name ?? '_'}: ${typeText(f.type)}${f.bits === undefined ? '' : ` bits ${exprText(f.bits)}`}`,
      )
      return fields === undefined ? head : `${head} {${fields.join(', ')}}`
    }
    case 'enum': {
      const items = type.items?.map((i) => (i.value === undefined ? i.name : `${i.name} = ${exprText(i.value)}`))
      return `enum ${type.tag ?? '_'}${items === undefined ? '' : ` {${items.join(', ')}}`}`
    }
    case 'pointer':
      return `pointer(${typeText(type.to)})`
    case 'array':
      return `array(${typeText(type.of)}, ${type.size === undefined ? '' : exprText(type.size)})`
    case 'function': {
      const parameters = type.parameters.map((p) => `${p.name ?? '_'}: ${typeText(p.type)}`)
      return `function(${parameters.join(', ')}) ${typeText(type.result)}`
    }
    case 'typeof':
      return `typeof(${exprText(type.expr)})`
  }
}

export const initialText = (value: Initialiser): string => {
  if (value.kind === 'value') return exprText(value.value)
  const items = value.items.map(({ designators, value: item }) => {
    const path = designators.map((d) => ('field' in d ? `.${d.field}` : `[${exprText(d.index)}]`)).join('')
    return path === '' ? initialText(item) : `${path} = ${initialText(item)}`
  })
  return `{${items.join(', ')}}`
}

export const exprText = (e: Expr): string => {
  switch (e.kind) {
    case 'number':
      return `${e.value}${e.suffix}`
    case 'char':
      return `'${e.value}'`
    case 'string':
      return JSON.stringify(e.value)
    case 'name':
      return e.name
    case 'unary':
      return `(${e.operator}${exprText(e.operand)})`
    case 'binary':
    case 'logical':
      return `(${exprText(e.left)} ${e.operator} ${exprText(e.right)})`
    case 'conditional':
      return `(${exprText(e.condition)} ? ${e.yes === undefined ? '' : exprText(e.yes)} : ${exprText(e.no)})`
    case 'comma':
      return `(${exprText(e.left)}, ${exprText(e.right)})`
    case 'assign':
      return `(${exprText(e.target)} ${e.operator ?? ''}= ${exprText(e.value)})`
    case 'step':
      return e.prefix ? `(${e.operator}${exprText(e.target)})` : `(${exprText(e.target)}${e.operator})`
    case 'dereference':
      return `(*${exprText(e.pointer)})`
    case 'address':
      return `(&${exprText(e.operand)})`
    case 'member':
      return `${exprText(e.object)}${e.arrow ? '->' : '.'}${e.field}`
    case 'index':
      return `${exprText(e.array)}[${exprText(e.index)}]`
    case 'call':
      return `${exprText(e.callee)}(${e.args.map(exprText).join(', ')})`
    case 'cast':
      return `<${typeText(e.type)}>${exprText(e.operand)}`
    case 'sizeof':
      return `sizeof<${typeText(e.type)}>`
    case 'sizeof-value':
      return `sizeof(${exprText(e.expr)})`
    case 'compound':
      return `<${typeText(e.type)}>${initialText(e.value)}`
    case 'statements':
      return `(${statementText(e.body)})`
  }
}

export const statementText = (s: Statement): string => {
  switch (s.kind) {
    case 'block':
      return `{${s.body.map(statementText).join(' ')}}`
    case 'declare':
      return s.declarations.map(declarationText).join(' ')
    case 'expression':
      return `${exprText(s.expr)};`
    case 'empty':
      return ';'
    case 'if':
      return `if ${exprText(s.condition)} ${statementText(s.yes)}${s.no === undefined ? '' : ` else ${statementText(s.no)}`}`
    case 'while':
      return `while ${exprText(s.condition)} ${statementText(s.body)}`
    case 'do':
      return `do ${statementText(s.body)} while ${exprText(s.condition)};`
    case 'for': {
      const initial = s.initial === undefined ? ';' : statementText(s.initial)
      const [condition, step] = [s.condition, s.step].map((e) => (e === undefined ? '' : exprText(e)))
      return `for (${initial} ${condition ?? ''}; ${step ?? ''}) ${statementText(s.body)}`
    }
    case 'switch':
      return `switch ${exprText(s.value)} ${statementText(s.body)}`
    case 'case':
      return s.value === undefined ? 'default:' : `case ${exprText(s.value)}:`
    case 'label':
      return `${s.name}:`
    case 'goto':
      return `goto ${s.label};`
    case 'break':
    case 'continue':
      return `${s.kind};`
    case 'return':
      return s.value === undefined ? 'return;' : `return ${exprText(s.value)};`
  }
}

export const declarationText = (d: Declaration): string => {
  switch (d.kind) {
    case 'variable': {
      const initial = d.initial === undefined ? '' : ` = ${initialText(d.initial)}`
      return `${d.storage === undefined ? '' : `${d.storage} `}${d.name}: ${typeText(d.type)}${initial};`
    }
    case 'function': {
      const parameters = d.parameters.map((p) => `${p.name ?? '_'}: ${typeText(p.type)}`).join(', ')
      const notes = d.annotations.map((note) => `[${note}] `).join('')
      const head = `${notes}${d.isStatic ? 'static ' : ''}${d.name}(${parameters}): ${typeText(d.result)}`
      return d.body === undefined ? `${head};` : `${head} ${statementText(d.body)}`
    }
    case 'typedef':
      return `typedef ${d.name} = ${typeText(d.type)};`
    case 'type':
      return `${typeText(d.type)};`
  }
}

/** All declarations of a text, a line each. */
export const linesOf = (text: string, around: Around = {}): string[] => read(text, around).map(declarationText)

/** The statements of a function's body, behind some declarations. */
export const bodyOf = (body: string, before = ''): string => {
  const last = read(`${before}\nvoid f(void) { ${body} }`).at(-1)
  if (last?.kind !== 'function' || last.body === undefined) throw new Error('no function')
  return last.body.body.map(statementText).join(' ')
}
