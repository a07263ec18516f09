import { test } from 'vitest'
import { targetLaws, testLaws } from 'zds/testing'
import { byHand } from '../../support/crash.ts'
import { lentRun } from './run.ts'
import { creating, answerAll, loseNext, many, retiring, start, updating } from './world.ts'

const laws = targetLaws(async () => {
  const { sandbox, target, records } = await start({ count: 6 })
  return {
    target,
    run: lentRun,
    size: () => records().length,
    gone: '999',
    create: (count) => many(count, (n) => creating(n)),
    update: (count) => many(count, (n) => updating(n)),
    retire: (count) => many(count, (n) => retiring(n)),
    // The name of another organization.
    refused: (op) => (op === 'create' ? creating(9, { name: 'acme 5' }) : updating(4, { name: 'acme 5' })),
    untouched: (change) => {
      const record = records().find(({ id }) => String(id) === change.id)
      if (record === undefined) throw new Error(`${change.key} is gone`)
      const unnamed = (fields: object) =>
        Object.fromEntries(Object.entries(fields).filter(([key]) => !(key in change.fields)))
      // A dropdown and a checkbox bring their tags along: the tags that stay are those of agents.
      const tags = record.tags.filter((tag) => !['premium', 'ultimate', 'mark_for_deletion'].includes(tag))
      const { updated_at: _, organization_fields: custom, ...attributes } = record
      return { ...unnamed({ ...attributes, tags }), organization_fields: unnamed(custom) }
    },
    edit: ({ id }) =>
      byHand(sandbox, 'global', `/organizations/${Number(id)}`, {
        organization: { organization_fields: { seats: 1 } },
      }),
    lose: () => loseNext(sandbox, '/organizations'),
    answer: (status) => answerAll(sandbox, '/organizations', status),
    writes: () => sandbox.requests.filter(({ method, path }) => method !== 'GET' && path !== '/oauth/tokens').length,
    close: () => sandbox.close(),
  }
})
testLaws(test, 'zendesk organizations', laws)
