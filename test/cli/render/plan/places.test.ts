import { describe, expect, test } from 'vitest'
import { overviewOf } from '../../../../src/cli/render/plan/overview.ts'
import { placeLines, siteOf, totalsText } from '../../../../src/cli/render/plan/places.ts'
import { change, many, planOf, syncPlan } from '../../plans.ts'

describe('what stands at an address', () => {
  test.each([
    ['https://gitlab.zendesk.com', true],
    ['https://10.0.0.7:8080', true],
    ['https://sandboxes-galore.zendesk.com', true],
    ['https://example.com.evil.net', true],
    ['https://127.desk.net', true],
    ['https://gitlab-sandbox.zendesk.com', false],
    ['https://sandbox2.zendesk.com', false],
    ['http://localhost:3000', false],
    ['http://127.0.0.1:3000', false],
    ['http://[::1]:3000', false],
    ['https://desk.example', false],
    ['https://desk.example.com', false],
    ['/var/data/desk.csv', false],
  ])('%s: production is %s', (address, production) => {
    expect(siteOf(address).production).toBe(production)
  })

  test('is shown without what could be a password', () => {
    expect(siteOf('https://me:secret@desk.example/api?token=x#y').text).toBe('https://desk.example/api')
  })
})

test('the question of an apply has totals and places, of what is changed only', () => {
  const updates = many(1409, (at) => change('update', `K${at}`, { a: [0, 1] }))
  const plan = planOf(
    syncPlan({ address: 'https://a.zendesk.com', changes: [change('create', 'A', {}), ...updates] }),
    syncPlan({ name: 'partners', address: 'https://a.zendesk.com', changes: [change('retire', 'Z', {})] }),
    syncPlan({ name: 'quiet', instance: 'quiet', address: 'https://b.zendesk.com' }),
  )
  expect(totalsText(overviewOf(plan))).toBe('1 create, 1,409 update, 1 retire in 1 instance (PRODUCTION).')
  expect(placeLines(overviewOf(plan))).toEqual(['  global  https://a.zendesk.com'])
  const local = planOf(syncPlan({ address: 'http://127.0.0.1:1', changes: updates }))
  expect(totalsText(overviewOf(local))).toBe('1,409 update in 1 instance.')
})
