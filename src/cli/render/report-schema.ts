import type { Report, SyncReport } from '../../core/run/report.ts'
import { mapOf, shape } from '../../core/shape.ts'

const text = { type: 'string', minLength: 1 }
const anyText = { type: 'string' }
const count = { type: 'integer', minimum: 0 }

type Failure = NonNullable<SyncReport['failures']>[number]

const failure = shape<Failure>({ key: anyText, 'name?': anyText, status: text, code: text, message: anyText })
const syncReport = shape<SyncReport>({
  name: text,
  planned: count,
  done: count,
  failed: count,
  stale: count,
  notAttempted: count,
  unknown: count,
  partly: count,
  heldBack: count,
  codes: mapOf(count),
  'failures?': { type: 'array', items: failure },
})

/** The document that `zds apply --json` prints, published as docs/report.schema.json. */
export const reportSchema = {
  ...shape<Report>({
    version: { type: 'number', const: 1 },
    run: text,
    digest: { type: 'string', pattern: '^[0-9a-f]{64}$' },
    status: { enum: ['running', 'done', 'failed', 'interrupted', 'abandoned'] },
    forced: { type: 'boolean' },
    syncs: { type: 'array', items: syncReport },
    'error?': shape({ code: text, message: anyText, 'hint?': anyText }),
  }),
  $id: 'zds-report-1',
  title: 'zds report',
  description: 'What `zds apply --json` prints.',
}
