import { describe, expect, it } from 'vitest'
import { ZdsError } from 'zds'
import { digests as digestsOf, digestsOfEnd, digestsOfFailure, refusals } from '../../../plugins/slack-notify/digest.ts'
import { testRun } from 'zds/testing'
import { change, done, failed, outcomesOf, planOf, syncPlan } from './scene.ts'

const digests = (...of: Parameters<typeof digestsOf> extends [string, ...infer Rest] ? Rest : never) =>
  digestsOf('run-1', ...of)
const linesOf = (found: ReturnType<typeof digests>) =>
  Object.fromEntries(found.map(({ topic, lines }) => [topic, lines]))

describe('what a run has to tell', () => {
  it('SYN-04: created organizations that got no user, by name and id; not those that got one, nor those of syncs without people', () => {
    const creates = ['A', 'B', 'C', 'D'].map((key) => change('create', key, ` Acme ${key} `))
    const plan = planOf(
      syncPlan('global', creates),
      syncPlan('partners', [change('create', 'P', 'Partner')], { instance: 'global' }),
    )
    const outcomes = outcomesOf({
      global: [done('A', 0), done('B', 1), failed('C'), done('D', 0, 2)],
      partners: [done('P')],
    })
    expect(linesOf(digests(plan, outcomes, []))['without-people']).toEqual([
      '• Acme A (A)',
      '• Acme D (D), 2 could not be added',
    ])
  })

  it('changes that failed, with code and words; stale and unresolved ones too', () => {
    const plan = planOf(
      syncPlan(
        'global',
        ['A', 'B', 'C', 'D'].map((key) => ({ ...change('update', key), ...(key === 'B' && { name: 'Beta <!here>' }) })),
      ),
    )
    const outcomes = outcomesOf({
      global: [
        failed('A'),
        { key: 'B', status: 'stale', code: 'changed-since-plan', message: 'Changed' },
        { key: 'C', status: 'unresolved', code: 'unresolved', message: 'No org' },
        done('D'),
      ],
    })
    expect(linesOf(digests(plan, outcomes, []))['failures']).toEqual([
      '• *global* A name-taken: is taken',
      '• *global* B changed-since-plan: Changed (Beta &lt;!here&gt;)',
      '• *global* C unresolved: No org',
    ])
  })

  it('what was done of each sync, and what was not; nothing of one without changes', () => {
    const changes = [change('create', 'A'), change('update', 'B'), change('update', 'C'), change('retire', 'D')]
    const plan = planOf(syncPlan('global', changes), syncPlan('quiet', []))
    expect(linesOf(digests(plan, outcomesOf({ global: [done('A'), done('B'), failed('C')] }), []))['summary']).toEqual([
      '*global*: 1 created, 1 updated, 0 retired, 2 not done',
    ])
  })

  it('what was removed, of syncs that remove', () => {
    const plan = planOf(syncPlan('members', [change('remove', 'A'), change('remove', 'B')]))
    expect(linesOf(digests(plan, outcomesOf({ members: [done('A'), failed('B')] }), []))['summary']).toEqual([
      '*members*: 0 created, 0 updated, 0 retired, 1 removed, 1 not done',
    ])
  })

  it('nothing of a run that had nothing to do', () => {
    expect(digests(planOf(syncPlan('global', [])), new Map(), [])).toEqual([])
  })

  it('what was refused because it went beyond its limits', () => {
    const excess = {
      id: 'global.retire',
      op: 'retire',
      count: 9,
      existing: 10,
      limit: 0.05,
      examples: [],
      message: '9 of 10 records would be retired',
    } as const
    const changes = [change('update', 'U'), ...Array.from({ length: 9 }, (_, n) => change('retire', `R${n}`))]
    const plan = {
      ...planOf(syncPlan('global', changes, { excesses: [excess] }), syncPlan('partners', [])),
      digest: '0123456789abcdef',
    }
    const run = testRun()
    expect(refusals(plan, run)).toMatchObject([
      {
        topic: 'limits',
        counts: ['*global*: 0 to create, 1 to update, 9 to retire'],
        lines: ['*global*: 9 of 10 records would be retired'],
        next: 'zds apply --approve 0123456789ab',
      },
    ])
    expect(refusals({ ...plan, asOf: '2026-03-01' }, run)[0]?.next).toBe(
      'zds apply --approve 0123456789ab --as-of 2026-03-01',
    )
    expect(refusals({ ...plan, undoes: 'run-0' }, run)[0]?.next).toBe(
      'zds undo run-0 --out undo.json && zds apply undo.json --approve 0123456789ab',
    )
    expect(refusals(planOf(syncPlan('global', [])), run)).toEqual([])
  })

  const end = {
    run: 'run-1',
    plan: planOf(syncPlan('global', [change('create', 'A'), change('update', 'B')])),
    outcomes: outcomesOf({ global: [done('A'), failed('B')] }),
    startedAt: '2026-03-16T10:00:00.000Z',
    endedAt: '2026-03-16T10:01:00.000Z',
  }

  it('that a run stopped, or could not be planned: counts, the code, the command that goes on; no words of the error', () => {
    const error = new ZdsError('LOCK_LOST', 'the lock of Acme is lost')
    expect(digestsOfEnd({ ...end, status: 'failed', error, resumed: false }, [])).toEqual([
      {
        topic: 'stopped',
        title: 'A sync stopped before it was done',
        counts: ['1 of 2 changes are done'],
        lines: ['• run run-1 failed: LOCK_LOST'],
        next: 'zds apply --resume',
      },
    ])
    expect(digestsOfFailure({ run: 'run-2', error, at: end.endedAt })).toEqual([
      expect.objectContaining({ topic: 'stopped', lines: ['• run run-2: LOCK_LOST'], next: 'zds plan' }),
    ])
  })

  it('that a run which had stopped is over, before what became of it', () => {
    const told = digestsOfEnd({ ...end, status: 'done', error: undefined, resumed: true }, [])
    expect(told.map(({ topic }) => topic)).toEqual(['stopped', 'summary', 'failures'])
    expect(told[0]).toMatchObject({ counts: ['1 of 2 changes are done since it went on'] })
    expect(told[2]).toMatchObject({
      counts: ['1 of 2 changes failed, or lack something'],
      next: 'zds plan --failed-from run-1',
    })
  })

  it('OPS-08: of an instance in countsOnly, whatever its sync, numbers only', () => {
    const [org, user] = ['001SECRETACCOUNT', 'secret@agency.example']
    const plan = planOf(
      syncPlan('us-gov', [change('create', org, 'Secret Agency'), change('update', 'B')]),
      syncPlan('us-gov-users', [change('create', user), { ...change('update', 'C'), name: 'Secret Person' }], {
        instance: 'us-gov',
        resource: 'users',
      }),
    )
    expect(JSON.stringify(plan)).toContain('"name":"Secret Person"')
    const outcomes = outcomesOf({
      'us-gov': [done(org, 0), failed('B', 'name-taken', 'https://us-gov.zendesk.com says Secret Agency is taken')],
      'us-gov-users': [failed(user, 'email-taken', `${user} is taken`), failed('C', 'email-taken', 'Secret Person')],
    })
    const told = digests(plan, outcomes, ['us-gov'])
    expect(JSON.stringify(told)).not.toMatch(/secret|agency|zendesk\.com/i)
    expect(linesOf(told)).toEqual({
      failures: ['• *us-gov*: 1 × name-taken', '• *us-gov-users*: 2 × email-taken'],
      summary: [
        '*us-gov*: 1 created, 0 updated, 0 retired, 1 not done',
        '*us-gov-users*: 0 created, 0 updated, 0 retired, 2 not done',
      ],
    })
  })

  it('OPS-08: so of an instance that keeps its records to itself, whatever countsOnly says', () => {
    const plan = planOf(syncPlan('us-gov', [change('create', 'A', 'Secret Agency')], { confined: true }))
    const told = digests(plan, outcomesOf({ 'us-gov': [failed('A', 'name-taken', 'Secret Agency is taken')] }), [])
    expect(linesOf(told)['failures']).toEqual(['• *us-gov*: 1 × name-taken'])
  })

  it('names cannot mention anybody, link, or break a line', () => {
    const name = '<!channel> A&B\n<https://evil.example|click>'
    const plan = planOf(syncPlan('global', [change('create', 'A', name)]))
    expect(linesOf(digests(plan, outcomesOf({ global: [done('A', 0)] }), []))['without-people']).toEqual([
      '• &lt;!channel&gt; A&amp;B &lt;https://evil.example|click&gt; (A)',
    ])
  })

  it('codes cannot either, and of an instance in countsOnly what does not look like one is not told (OPS-08)', () => {
    const plan = planOf(syncPlan('us-gov', [change('update', 'A'), change('update', 'B')]))
    const outcomes = outcomesOf({
      'us-gov': [failed('A', '<!channel> Secret Agency'), failed('B', '<https://evil.example|x>')],
    })
    expect(linesOf(digests(plan, outcomes, []))['failures']).toEqual([
      '• *us-gov* A &lt;!channel&gt; Secret Agency: is taken',
      '• *us-gov* B &lt;https://evil.example|x&gt;: is taken',
    ])
    expect(linesOf(digests(plan, outcomes, ['us-gov']))['failures']).toEqual(['• *us-gov*: 2 × other'])
  })
})
