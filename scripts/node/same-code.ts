/** Imported by every worker thread that may start late: ends it if its code is not that of the thread that started it. */

import './same-build.ts'
import { assertAsLoaded } from './loaded.ts'

assertAsLoaded()
