/** Run by `node --test`: the laws need no other runner. With BROKEN=1 one of them does not hold. */
import test from 'node:test'
import type { Source } from 'zds'
import { sourceLaws, testLaws, testRun } from 'zds/testing'

const numbers: Source<number> = {
  name: 'numbers',
  read: async function* (run) {
    run.expect(process.env['BROKEN'] === '1' ? 4 : 3)
    for (const number of [1, 2, 3]) {
      run.signal.throwIfAborted()
      yield number
    }
  },
}

testLaws(
  test,
  'numbers',
  sourceLaws(() => ({ source: numbers, run: testRun })),
)
