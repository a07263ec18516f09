import { lookOf, print, printDocument } from '../output.ts'
import { forecastLines } from '../render/forecast.ts'
import { watched } from '../render/tasks.ts'
import { inSession } from '../session.ts'
import { placeOf } from './plan.ts'

export type ForecastOptions = {
  until: string
  config?: string
  env?: string
  asOf?: string
  sync?: string
  field?: string
  from?: string
  json?: true
  all?: true
}

/** `zds forecast --until DATE`: what time alone will change, if nobody does anything. */
export async function forecastCommand(options: ForecastOptions, signal: AbortSignal): Promise<number> {
  const { until, sync, field, asOf } = options
  const from = placeOf(options.from)
  return inSession(options, signal, async ({ engine }) => {
    const forecast = await watched((watch) => engine.forecast({ until, sync, field }, { from, asOf }, watch))
    if (options.json) printDocument(forecast)
    else print(forecastLines(forecast, lookOf(options.all ?? false)))
    return 0
  })
}
