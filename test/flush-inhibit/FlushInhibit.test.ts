import { protocolSuite } from '../suite.ts'

protocolSuite('flush-inhibit', {
  actions: 34,
  // the literal claim of the patch text is false in every design: that is the finding
  hopeless: ['NoFlushHappensWhileInhibitedInv'],
  scheduled: [
    'flush-inhibit/posted.sc',
    'flush-inhibit/pending-event.sc',
    'flush-inhibit/reversed-clear.sc',
    'flush-inhibit/garbage-mask.sc',
    'flush-inhibit/posted.tso',
  ],
})
