import { describe, expect, it, test } from 'vitest'
import type { Target } from 'zds'
import { targetLaws, testLaws, type Law } from 'zds/testing'
import { deskWorld } from '../support/desk-world.ts'
import type { RequestTarget } from '../support/desk.ts'
import { controls, mutants } from './mutants.ts'
import { streamed } from './streamed.ts'

const lawsOf = (of: (target: RequestTarget) => Target): readonly Law[] =>
  targetLaws(async () => {
    const world = await deskWorld()
    return { ...world, target: of(world.target) }
  })

/** The first law that a target breaks. */
async function brokenBy(of: (target: RequestTarget) => Target): Promise<string | undefined> {
  for (const { name, check } of lawsOf(of)) {
    const broken = await check().then(
      () => false,
      () => true,
    )
    if (broken) return name
  }
  return undefined
}

testLaws(test, 'the honest target as a stream of steps', lawsOf(streamed))

describe('the laws of a target have nothing to say where it', () => {
  it.each(controls)('$name', async ({ of }) => {
    expect(await brokenBy(of)).toBeUndefined()
  })
})

describe('the laws of a target notice it when', () => {
  it.each(mutants)('$name', async ({ of }) => {
    expect(await brokenBy(of)).toBeTypeOf('string')
  })
})
