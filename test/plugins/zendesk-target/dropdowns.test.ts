import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { creating, many, requestsTo, start, updating } from './world.ts'
import { testRun } from 'zds/testing'

describe('SAFE-07: the values that a plan would write to a dropdown', () => {
  let world: Awaited<ReturnType<typeof start>>
  beforeAll(async () => {
    world = await start()
  })
  afterAll(() => world.sandbox.close())
  const prepare = (changes: Parameters<NonNullable<typeof world.target.prepare>>[0]) =>
    world.target.prepare?.(changes, testRun())

  it('are options of it, or empty', async () => {
    const changes = [creating(1), updating(0), updating(1, { support_level: null }), updating(2, { seats: 4 })]
    expect(await prepare(changes)).toEqual({ changes, skipped: [], notices: [] })
  })

  it('or the plan is refused: every such value with its records, and the option that was meant', async () => {
    const wrong = [
      ...many(5, (n) => updating(n, { support_level: 'premum' })),
      creating(7, { support_level: 'platinum' }),
    ]
    await expect(prepare(wrong)).rejects.toMatchObject({
      code: 'FIELD_MISMATCH',
      issues: [
        {
          where: 'global: organization field support_level',
          message: 'has no option "premum", which 5 records (001EXT0, 001EXT1, 001EXT2, …) would get',
          hint: 'Did you mean "premium"?',
        },
        {
          message: 'has no option "platinum", which 1 record (001NEW7) would get',
          hint: expect.stringContaining('Add the option in Zendesk'),
        },
      ],
    })
  })

  it('are not asked for where no dropdown is written', async () => {
    const before = requestsTo(world.sandbox, 'GET', '/organization_fields').length
    await prepare([updating(0, { seats: 1 })])
    expect(requestsTo(world.sandbox, 'GET', '/organization_fields')).toHaveLength(before)
  })
})
