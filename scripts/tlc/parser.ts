/** Takes TLC's `-tool` output apart, as a stream: messages, which may nest, and what is printed between them. */

/** One message as it was sent. */
export interface RawMessage {
  /** `EC` number */
  readonly code: number
  /** `MP` class: 0 none, 1 error, 2 TLC bug, 3 warning, 4 state */
  readonly class: number
  /** body without its last line break; the texts of nested messages stand in their places, without the marks */
  readonly text: string
  /** messages inside this one: TLC formats an error and makes it the parameter of another */
  readonly nested: readonly RawMessage[]
  /** the output ended before the end mark did */
  readonly truncated?: true
}

/** What the parser finds, in the order of the output. */
export type ToolItem =
  | { readonly kind: 'message'; readonly message: RawMessage }
  /** one line outside of messages: SANY's errors, or what the specification prints */
  | { readonly kind: 'output'; readonly line: string }

/** What a message takes up besides its text, as characters: one without any is not free. */
export const MESSAGE_COST = 1024

/** And a line of it. */
const PIECE_COST = 32

/** A mark stands anywhere in a line: inside a message, after what the specification prints, after another mark. */
const MARK = /@!@!@(?:STARTMSG (-?\d+):(\d+)|ENDMSG (-?\d+)) @!@!@/g

class Frame {
  readonly code: number
  readonly class: number
  readonly #nested: RawMessage[] = []
  #text = ''
  #pieces = 0

  constructor(code: number, messageClass: number) {
    this.code = code
    this.class = messageClass
  }

  /** what waits for the end of the message, in characters: those of messages inside it, and what each piece costs, included */
  get length(): number {
    return this.#text.length + this.#pieces * PIECE_COST
  }

  add(text: string): void {
    this.#text += text
    this.#pieces += 1
  }

  nest(message: RawMessage): void {
    this.#nested.push(message)
    this.#text += `${message.text}\n`
    this.#pieces += MESSAGE_COST / PIECE_COST
  }

  close(truncated: boolean): RawMessage {
    const text = this.#text.endsWith('\n') ? this.#text.slice(0, -1) : this.#text
    const message = { code: this.code, class: this.class, text, nested: this.#nested }
    return truncated ? { ...message, truncated } : message
  }
}

/** Push chunks in, take items out; how the output is cut into chunks makes no difference. */
export class ToolParser {
  readonly #stack: Frame[] = []
  #pending = ''

  /** Characters of what has begun and not ended: the line at hand, and open messages. */
  get held(): { readonly line: number; readonly messages: number } {
    const messages = this.#stack.reduce((sum, { length }) => sum + length + MESSAGE_COST, 0)
    return { line: this.#pending.length, messages }
  }

  /** The items that this chunk completes. */
  push(chunk: string): ToolItem[] {
    const lines = (this.#pending + chunk).split('\n')
    this.#pending = lines.pop() ?? ''
    return lines.flatMap((line) => this.#line(line.endsWith('\r') ? line.slice(0, -1) : line))
  }

  /** What is left when the output has ended; a message without its end is marked as truncated. */
  end(): ToolItem[] {
    const items = this.#pending === '' ? [] : this.#line(this.#pending)
    this.#pending = ''
    while (this.#stack.length > 0) items.push(...this.#close(true))
    return items
  }

  #line(line: string): ToolItem[] {
    // cheap for the lines of states, which are most of them
    if (!line.includes(' @!@!@')) return this.#text(`${line}\n`)
    const items: ToolItem[] = []
    let at = 0
    for (const mark of line.matchAll(MARK)) {
      const [whole, start, messageClass, end] = mark
      // an end mark of a message that is not open is text
      if (start === undefined && !this.#stack.some((frame) => frame.code === Number(end))) continue
      const before = line.slice(at, mark.index)
      at = mark.index + whole.length
      if (start !== undefined) items.push(...this.#open(before, Number(start), Number(messageClass)))
      else items.push(...this.#text(before), ...this.#closeTo(Number(end)))
    }
    // the line break after a mark is the mark's
    return at === line.length ? items : [...items, ...this.#text(`${line.slice(at)}\n`)]
  }

  #open(before: string, code: number, messageClass: number): ToolItem[] {
    const items = before === '' ? [] : this.#text(before)
    this.#stack.push(new Frame(code, messageClass))
    return items
  }

  #closeTo(code: number): ToolItem[] {
    const items: ToolItem[] = []
    while (this.#stack.at(-1)?.code !== code) items.push(...this.#close(true))
    return [...items, ...this.#close(false)]
  }

  #close(truncated: boolean): ToolItem[] {
    const message = this.#stack.pop()?.close(truncated)
    if (message === undefined) return []
    const parent = this.#stack.at(-1)
    if (parent === undefined) return [{ kind: 'message', message }]
    parent.nest(message)
    return []
  }

  #text(text: string): ToolItem[] {
    const frame = this.#stack.at(-1)
    if (frame === undefined) return text === '' ? [] : [{ kind: 'output', line: text.replace(/\n$/, '') }]
    frame.add(text)
    return []
  }
}
