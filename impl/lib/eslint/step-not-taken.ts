/**
 * A rule for typescript-eslint: a step that is made is taken. `w.flag.store('x', true)` does nothing by itself, and `if (w.flag.load('x'))`
 * is always true; TypeScript says so only where a result is used as what it is not.
 *
 * Only types of typescript-eslint are imported: whoever runs the rule has parser and compiler, and nobody else needs them.
 */

import type { ParserServicesWithTypeInformation, TSESLint, TSESTree } from '@typescript-eslint/utils'
import type ts from 'typescript'

const TAKE = 'write `yield*` in front of it'

const MESSAGES = {
  notTaken: `This makes a step and does not take it: ${TAKE}.`,
  noStar: '`yield` without a star takes no step of what makes one: write `yield*`.',
  alwaysTrue: `This is a step that was not taken, and not what it answers, so it is always true: ${TAKE}.`,
  noValue: `This is a step that was not taken, and not what it answers: ${TAKE}.`,
  returned: `A program that returns a step does not take it: ${TAKE}.`,
  unused: 'This step is kept and never used, so it is not taken: `yield*` it.',
  noTaker:
    'Whoever calls this function takes no steps, so what it makes is not taken: `for (const x of xs) yield* f(x)`.',
  noTypes:
    'lockstep/step-not-taken needs types: `languageOptions: { parserOptions: { projectService: true } }` with the parser of typescript-eslint.',
} as const

type MessageId = keyof typeof MESSAGES

/** What a step that is yielded has: `Op`, whichever copy of the package it comes from. */
const OP = ['label', 'kind', 'choices', 'exec']

const isReference = (type: ts.Type): type is ts.TypeReference => 'target' in type

/** `new.target` and `import.meta` begin with words that are none. */
const isExpression = (node: ts.Node): node is ts.Expression => !['new', 'import'].includes(node.getText())

const partsOf = (type: ts.Type): readonly ts.Type[] => (type.isUnion() ? type.types : [type])

/** Where a function may be handed on. */
type Handed =
  TSESTree.ArrowFunctionExpression | TSESTree.FunctionExpression | TSESTree.Identifier | TSESTree.MemberExpression

const HANDED = ':matches(ArrowFunctionExpression, FunctionExpression, Identifier, MemberExpression)'

/** What the rule asks the compiler. */
class Types {
  readonly #services: ParserServicesWithTypeInformation
  readonly #checker: ts.TypeChecker

  constructor(services: ParserServicesWithTypeInformation) {
    this.#services = services
    this.#checker = services.program.getTypeChecker()
  }

  /** Is it a generator of `Op`s? */
  readonly #isStep = (type: ts.Type): boolean => {
    if (type.getSymbol()?.name !== 'Generator' || !isReference(type)) return false
    const [yielded] = this.#checker.getTypeArguments(type)
    return yielded !== undefined && partsOf(yielded).some((part) => OP.every((name) => part.getProperty(name)))
  }

  #partsAt(node: TSESTree.Node): readonly ts.Type[] {
    const type = this.#services.getTypeAtLocation(node)
    return partsOf(this.#checker.getBaseConstraintOfType(type) ?? type)
  }

  /** Is it a step whatever happens? */
  isStep(node: TSESTree.Node): boolean {
    return this.#partsAt(node).every(this.#isStep)
  }

  /** Is it a step, or may it be one? */
  mayBeStep(node: TSESTree.Node): boolean {
    return this.#partsAt(node).some(this.#isStep)
  }

  /** Is it a function that makes a step, where one is wanted that gives nothing back? */
  isForNobody(node: Handed): boolean {
    const makes = this.#partsAt(node).flatMap((type) => type.getCallSignatures())
    if (!makes.some((signature) => partsOf(signature.getReturnType()).some(this.#isStep))) return false
    const handed = this.#services.esTreeNodeToTSNodeMap.get(node)
    const wanted = isExpression(handed) ? this.#checker.getContextualType(handed) : undefined
    const calls = wanted === undefined ? [] : partsOf(wanted).flatMap((type) => type.getCallSignatures())
    return calls.length > 0 && calls.every((call) => call.getReturnType() === this.#checker.getVoidType())
  }
}

type Context = Readonly<TSESLint.RuleContext<MessageId, []>>

const isTyped = (services: Context['sourceCode']['parserServices']): services is ParserServicesWithTypeInformation =>
  services?.program !== undefined && services.program !== null

/** Is the innermost function around it a generator? */
const isInProgram = ({ sourceCode }: Context, node: TSESTree.Node): boolean => {
  const around = sourceCode.getAncestors(node).findLast((outer) => 'generator' in outer)
  return around?.generator === true
}

const isLogical = (node: TSESTree.Expression): node is TSESTree.LogicalExpression =>
  'operator' in node && ['&&', '||', '??'].includes(node.operator)

/** The condition, or the right sides of `&&` and `||` in it: their left sides are conditions of their own. */
const decides = (node: TSESTree.Expression): TSESTree.Expression => (isLogical(node) ? decides(node.right) : node)

export const stepNotTaken: TSESLint.RuleModule<MessageId> = {
  meta: {
    defaultOptions: [],
    type: 'problem',
    docs: { description: 'A step that is made is taken: `yield*` is in front of it' },
    schema: [],
    messages: MESSAGES,
  },
  create(context) {
    const services = context.sourceCode.parserServices
    if (!isTyped(services))
      return {
        Program: (node) => {
          context.report({ node, messageId: 'noTypes' })
        },
      }
    const types = new Types(services)
    const reportIf = (wrong: boolean, node: TSESTree.Node, messageId: MessageId): void => {
      if (wrong) context.report({ node, messageId })
    }
    const dropped = (node: TSESTree.Expression): void => {
      reportIf(types.mayBeStep(node), node, 'notTaken')
    }
    const condition = (node: TSESTree.Expression): void => {
      const decided = decides(node)
      reportIf(types.isStep(decided), decided, 'alwaysTrue')
    }
    const value = (node: TSESTree.Expression): void => {
      reportIf(types.isStep(node), node, 'noValue')
    }
    const handed = (node: Handed): void => {
      reportIf(types.isForNobody(node), node, 'noTaker')
    }
    return {
      'ExpressionStatement > .expression:not(AssignmentExpression)': dropped,
      'SequenceExpression > .expressions:not(:last-child)': dropped,
      'UnaryExpression[operator="void"] > .argument': dropped,
      'YieldExpression[delegate=false] > .argument'(node: TSESTree.Expression) {
        reportIf(types.mayBeStep(node), node, 'noStar')
      },
      ':matches(IfStatement, WhileStatement, DoWhileStatement, ForStatement, ConditionalExpression) > .test': condition,
      'LogicalExpression > .left': condition,
      'UnaryExpression[operator="!"] > .argument': condition,
      'BinaryExpression > :matches(.left, .right)': value,
      'SwitchStatement > .discriminant': value,
      'TemplateLiteral > .expressions': value,
      'ReturnStatement > .argument'(node: TSESTree.Expression) {
        reportIf(isInProgram(context, node) && types.mayBeStep(node), node, 'returned')
      },
      ':not(ExportNamedDeclaration) > VariableDeclaration > VariableDeclarator[init]'(
        node: TSESTree.VariableDeclarator,
      ) {
        const unused = context.sourceCode
          .getDeclaredVariables(node)
          .every(({ references }) => references.every((reference) => !reference.isRead()))
        reportIf(unused && types.mayBeStep(node.id), node, 'unused')
      },
      [`:matches(CallExpression, NewExpression) > ${HANDED}.arguments`]: handed,
      [`ObjectExpression > Property > ${HANDED}.value`]: handed,
    }
  },
}
