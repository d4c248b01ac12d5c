import { describe, expect, it } from 'vitest'
import { assemble, compile } from '../../impl/lib/compile.ts'
import type { Graph } from '../../impl/lib/explore.ts'
import { explore } from '../../impl/lib/explore.ts'
import { lanes } from '../../impl/lib/report/lanes.ts'
import { printValue } from '../../impl/lib/trace/print.ts'
import { tla } from '../../impl/lib/trace/value.ts'
import { View } from '../../impl/lib/view.ts'
import { counterexample, toggleOf } from '../../scripts/lib/evidence.ts'
import type { Model } from '../../scripts/lib/project.ts'
import { loadModels, machineOf, oneModel } from '../../scripts/lib/project.ts'
import { expectedCells, protocolSuite, violatedWith } from '../suite.ts'

protocolSuite('apf-ready', {
  actions: 0,
  scheduled: [
    'apf-ready/posted.sc',
    'apf-ready/real-fault.sc',
    'apf-ready/landed.sc',
    'apf-ready/landed-disable-window.sc',
    'apf-ready/landed-plain-request.tso',
  ],
})
