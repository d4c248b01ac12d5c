/** Workers are asked: an answer, an error of ours with its class and exit code, or a thread that broke down. */

import { Worker } from 'node:worker_threads'
import { afterEach, describe, expect, it } from 'vitest'
import { badInput, LockstepError } from '../../../impl/lib/kernel/error.ts'
import { ask, exchange, replyWith } from '../../../scripts/node/ask.ts'

let worker: Worker | undefined
afterEach(async () => {
  await worker?.terminate()
  worker = undefined
})

/** A worker that does with each request what the text says. */
const doing = (body: string): Worker => {
  const code = `const { parentPort } = require('node:worker_threads'); parentPort.on('message', (request) => { ${body} })`
  worker = new Worker(code, { eval: true })
  return worker
}

describe('a worker that is asked', () => {
  it('answers one request after the other', async () => {
    const echo = doing('parentPort.postMessage({ answer: request + 1 })')
    expect(await ask<number>(echo, 1)).toBe(2)
    expect(await ask<number>(echo, 2)).toBe(3)
    expect(echo.listenerCount('message') + echo.listenerCount('error')).toBe(0)
  })

  it('says what went wrong: the same error, with its exit code', async () => {
    const problem = JSON.stringify({ code: 'bad-constant', message: 'no' })
    const refusing = doing(`parentPort.postMessage({ problem: ${problem}, exit: 2 })`)
    const error = await ask(refusing, 'anything').catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(LockstepError)
    expect(error).toMatchObject({ exit: 2, problem: { code: 'bad-constant' } })
  })

  it('that breaks down is an environment failure', async () => {
    const broken = exchange(doing('throw new TypeError("x is undefined")'), 'anything')
    await expect(broken).rejects.toMatchObject({ exit: 3, problem: { code: 'worker-failed' } })
  })
})

describe('the reply of a worker', () => {
  it('is the answer, or our error as data', async () => {
    expect(await replyWith(() => Promise.resolve(1))).toEqual({ answer: 1 })
    const refuse = (): never => {
      throw badInput({ code: 'usage', message: 'no' })
    }
    expect(await replyWith(refuse)).toEqual({ problem: { code: 'usage', message: 'no' }, exit: 2 })
  })

  it('is none where the code is wrong: that ends the thread', async () => {
    const wrong = (): never => {
      throw new TypeError('x is undefined')
    }
    await expect(replyWith(wrong)).rejects.toThrow(TypeError)
  })
})
