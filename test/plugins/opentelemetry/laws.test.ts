import { test } from 'vitest'
import { openTelemetry } from 'zds/opentelemetry'
import { observerLaws, testLaws, testRun } from 'zds/testing'

testLaws(
  test,
  'traces',
  observerLaws(async () => ({ observer: openTelemetry(), run: testRun })),
)
