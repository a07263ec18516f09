import { Type } from 'typebox'

const strict = { additionalProperties: false }
const Text = Type.String({ minLength: 1 })
const Count = Type.Integer({ minimum: 0 })

const Failure = Type.Object({ key: Type.String(), status: Text, code: Text, message: Type.String() }, strict)
const SyncReport = Type.Object(
  {
    name: Text,
    planned: Count,
    done: Count,
    failed: Count,
    stale: Count,
    notAttempted: Count,
    partly: Count,
    heldBack: Count,
    codes: Type.Record(Type.String(), Count),
    failures: Type.Optional(Type.Array(Failure)),
  },
  strict,
)

/** The document that `zds apply --json` prints, published as docs/report.schema.json. */
export const reportSchema = Type.Object(
  {
    version: Type.Literal(1),
    run: Text,
    digest: Type.String({ pattern: '^[0-9a-f]{64}$' }),
    status: Type.Enum(['running', 'done', 'failed', 'interrupted', 'abandoned']),
    forced: Type.Boolean(),
    syncs: Type.Array(SyncReport),
    error: Type.Optional(
      Type.Object({ code: Text, message: Type.String(), hint: Type.Optional(Type.String()) }, strict),
    ),
  },
  { ...strict, $id: 'zds-report-1', title: 'zds report', description: 'What `zds apply --json` prints.' },
)
