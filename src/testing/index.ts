/** What the tests of a plugin may import from `zds/testing`: it knows no test runner. */
export { testLaws, type Law, type Setup } from './laws.ts'
export { observerLaws, type ObserverWorld } from './observer-laws.ts'
export { processorLaws, type ProcessorWorld } from './processor-laws.ts'
export { fakeClock, settingOf, testRun, type FakeClock, type LentRun, type TestRun } from './run.ts'
export { withSandbox } from './sandbox.ts'
export { sourceLaws, type SourceWorld } from './source-laws.ts'
export { targetLaws } from './target-laws.ts'
export type { TargetWorld } from './target-world.ts'
