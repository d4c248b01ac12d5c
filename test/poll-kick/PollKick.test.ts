import { protocolSuite } from '../suite.ts'

protocolSuite('poll-kick', {
  actions: 50,
  scheduled: [
    'poll-kick/posted.sc',
    'poll-kick/early-return.sc',
    'poll-kick/self-kick-sets.sc',
    'poll-kick/mode-polling.sc',
    'poll-kick/lockless-waker-no-mb.tso',
  ],
})
