import { describe, expect, it } from 'vitest'
import type { Edit } from '../../../../impl/lib/c/ablate/edit.ts'
import { edited, tidied } from '../../../../impl/lib/c/ablate/edit.ts'

const edit = (text: string, what: string, put: string, isStatement?: true): Edit => {
  const start = text.indexOf(what)
  const common = { file: 'a.c', start, end: start + what.length, text: put }
  return isStatement === undefined ? common : { ...common, isStatement }
}

describe('edits', () => {
  const text = 'a();\n\tsmp_mb();\nb(); smp_mb(); c();\n'

  it('leave every line where it was, and then drop those of which nothing is left', () => {
    const gone = [edit(text, 'smp_mb();', '', true)]
    expect(edited(text, gone)).toBe('a();\n\t\nb(); smp_mb(); c();\n')
    expect(tidied(text, gone)).toBe('a();\nb(); smp_mb(); c();\n')
  })

  it('take a statement out of a line with the space before it', () => {
    const start = text.lastIndexOf('smp_mb')
    const gone: Edit = { file: 'a.c', start, end: start + 'smp_mb();'.length, text: '', isStatement: true }
    expect(tidied(text, [gone])).toBe('a();\n\tsmp_mb();\nb(); c();\n')
  })

  it('take a statement of several lines out with all of them', () => {
    const long = 'a();\n  f(1,\n    2);\nb();\n'
    expect(edited(long, [edit(long, 'f(1,\n    2);', '', true)])).toBe('a();\n  \n\nb();\n')
    expect(tidied(long, [edit(long, 'f(1,\n    2);', '', true)])).toBe('a();\nb();\n')
  })

  it('leave a line that was empty before', () => {
    const spaced = 'a();\n\nsmp_mb();\n\nb();\n'
    expect(tidied(spaced, [edit(spaced, 'smp_mb();', '', true)])).toBe('a();\n\n\nb();\n')
  })

  it('do not let a macro go on into the line behind it', () => {
    const middle = '#define F() do {\t\\\n\tsmp_mb();\t\\\n\ta();\t\\\n} while (0)\nint x;\n'
    expect(tidied(middle, [edit(middle, 'smp_mb();', '', true)])).toBe(
      '#define F() do {\t\\\n\ta();\t\\\n} while (0)\nint x;\n',
    )
    const last = '#define F() a(); \\\n\tsmp_mb();\nint x;\n'
    expect(tidied(last, [edit(last, 'smp_mb();', '', true)])).toBe('#define F() a(); \\\n\nint x;\n')
  })

  it('that lie in another do not count', () => {
    const nested = 'WRITE(a, READ(b));'
    const inner = edit(nested, 'READ(b)', 'b')
    expect(edited(nested, [inner, edit(nested, 'WRITE(a, READ(b));', '')])).toBe('')
    expect(edited(nested, [inner, edit(nested, 'WRITE(', ''), edit(nested, ', ', ' = ')])).toBe('a = b);')
  })
})
