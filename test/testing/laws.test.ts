import { setTimeout as wait } from 'node:timers/promises'
import { expect, it } from 'vitest'
import {
  collect,
  integer,
  text,
  typesOf,
  type Desired,
  type Json,
  type Observer,
  type Processor,
  type Source,
} from 'zds'
import { observerLaws, processorLaws, sourceLaws, testRun, type Law } from 'zds/testing'

const TYPES = typesOf({ name: text('Name') })
const rows: Source<{ Id: string }> = { name: 'rows', read: () => from([]) }
async function* from<Row extends Json>(items: readonly Row[]): AsyncGenerator<Row> {
  yield* items
}

/** The names of the laws that do not hold. */
async function broken(laws: readonly Law[]): Promise<string[]> {
  const checked = laws.map(async ({ name, check }) =>
    check().then(
      () => [],
      () => [name],
    ),
  )
  return (await Promise.all(checked)).flat()
}

const ofSource = (read: Source['read'], more: Partial<Source> = {}) =>
  broken(sourceLaws(() => ({ source: { name: 'rows', read, ...more }, run: testRun })))

let calls = 0
it.each<[string, RegExp, Source['read'], Partial<Source>?]>([
  ['announces more rows than come', /announces/, (run) => (run.expect(5), from([1, 2]))],
  ['has other rows each time', /the same rows/, () => from([(calls += 1), 2])],
  ['has a date in a row', /survive/, () => from([{ at: new Date(0) as unknown as Json }, 2])], // what the law is for
  ['reads what it does not need', /no input/, (run) => run.input(rows)],
  ['has a name with blanks', /name/, () => from([1, 2]), { name: 'My rows' }],
  [
    'yields one row over and over',
    /leaves a row/,
    async function* () {
      const row = { n: 0 }
      for (; row.n < 3; row.n += 1) yield row
    },
  ],
  [
    'finds fault with what is right',
    /good configuration/,
    () => from([1, 2]),
    {
      check: async () => [{ code: 'CONFIG_INVALID', where: 'rows', message: 'is wrong' }],
    },
  ],
  [
    'waits on, whatever is aborted',
    /aborted between/,
    async function* (run) {
      yield* [1, 2]
      if (run.signal.aborted) await wait(5_000)
    },
  ],
])('the laws of a source notice one that %s', async (_, law, read, more) => {
  expect(await ofSource(read, more)).toContainEqual(expect.stringMatching(law))
})

const record = (key: string, fields: { readonly [field: string]: Json } = { name: key }): Desired => ({
  kind: 'record',
  key,
  fields,
})
const ofProcessor = (desired: readonly Desired[], more: Partial<Processor> = {}) =>
  broken(
    processorLaws(() => ({
      source: { name: 'records', needs: [rows], types: TYPES, read: () => from(desired), ...more },
      run: testRun,
    })),
  )

it.each<[string, RegExp, readonly Desired[], Partial<Processor>?]>([
  ['gives a reason that it does not explain', /reason/, [record('A'), { kind: 'absent', key: 'B', reason: 'odd' }]],
  ['says two things of a key', /one thing/, [record('A'), { kind: 'absent', key: 'A', reason: 'gone' }]],
  ['has a record without a key', /whose/, [record('A'), record('')]],
  ['sets a field that it does not declare', /declares/, [record('A'), record('B', { mail: 'b@example.com' })]],
  [
    'sets text where a number belongs',
    /fits/,
    [record('1', { no: 1 }), record('2', { no: '2' })],
    { types: typesOf({ no: integer() }) },
  ],
  ['sets a value that does not fit', /fits/, [record('A'), record('B', { name: true })]],
  ['needs nothing', /needs/, [record('A'), record('B')], { needs: [] }],
])('the laws of a processor notice one that %s', async (_, law, desired, more) => {
  expect(await ofProcessor(desired, more)).toEqual([expect.stringMatching(law)])
})

const ofReading = (read: () => Processor['read']) =>
  broken(
    processorLaws(() => ({
      source: { name: 'records', needs: [rows], types: TYPES, read: read() },
      run: () => testRun({ rows: [{ Id: 'A' }, { Id: 'B' }] }),
    })),
  )

it.each<[string, RegExp, () => Processor['read']]>([
  [
    'reads the clock of the machine',
    /clock of its run/,
    () =>
      async function* (run) {
        for await (const { Id } of run.input(rows)) yield record(Id, { name: new Date().toISOString().slice(0, 4) })
      },
  ],
  [
    'keeps the rows of its first run',
    /another run/,
    () => {
      let kept: Promise<{ Id: string }[]> | undefined
      return async function* (run) {
        for (const { Id } of await (kept ??= collect(run.input(rows)))) yield record(Id)
      }
    },
  ],
])('the laws of a processor notice one that %s', async (_, law, read) => {
  expect(await ofReading(read)).toEqual([expect.stringMatching(law)])
})

const ofObserver = (parts: Omit<Observer, 'kind'>) =>
  broken(observerLaws(() => ({ observer: { kind: 'observer', ...parts }, run: testRun })))

it.each<[string, RegExp, Omit<Observer, 'kind'>]>([
  ['watches nothing', /watches/, {}],
  [
    'fails where nothing is to be done',
    /every plan/,
    {
      refused: async ({ syncs }) => {
        if (syncs.some(({ changes }) => changes.length === 0)) throw new Error('nothing')
      },
    },
  ],
  [
    'knows only errors of its own kind',
    /every end/,
    {
      ended: async ({ error }) => {
        if (error !== undefined && !(error instanceof Error)) throw new Error('unknown')
      },
    },
  ],
  [
    'goes on telling of a refusal, whatever is aborted',
    /aborted/,
    { refused: (_, { signal }) => (signal.aborted ? wait(5_000) : Promise.resolve()) },
  ],
  ['listens on for ever', /listens/, { listen: async () => () => new Promise(() => undefined) }],
  [
    'changes the plan',
    /changes nothing/,
    {
      planned: async ({ syncs }) => void (syncs as unknown[]).pop(), // what the law is for
    },
  ],
])('the laws of an observer notice one that %s', async (_, law, parts) => {
  expect(await ofObserver(parts)).toContainEqual(expect.stringMatching(law))
})

it('sound ones break no law', async () => {
  const sound: Source['read'] = async function* (run) {
    run.signal.throwIfAborted()
    yield* [1, 2]
  }
  expect(await ofSource(sound)).toEqual([])
  expect(await ofProcessor([record('A'), record('B')])).toEqual([])
  expect(await ofObserver({ ended: async () => undefined })).toEqual([])
})
