import { AsyncLocalStorage } from 'node:async_hooks'
import { channel } from 'node:diagnostics_channel'
import { ROOT_CONTEXT, SpanKind, SpanStatusCode, trace, type Context, type Span, type Tracer } from '@opentelemetry/api'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources'
import { BasicTracerProvider, BatchSpanProcessor } from '@opentelemetry/sdk-trace-base'
import {
  CHANNELS,
  countsOf,
  errorCode,
  follow,
  followWaits,
  statusOf,
  type RequestMessage,
  type RunMessage,
  type StageMessage,
} from 'zds'

/** Whoever ends a run waits no longer than this for a collector. */
const FLUSH_MS = 5_000

type Attributes = { readonly [name: string]: string | number | boolean }
type Begun = { readonly name: string; readonly kind?: SpanKind; readonly attributes: Attributes }

/** Traces what is told on the channels, until the function that is returned is called. */
export function startTracing(): () => Promise<void> {
  const provider = providerOf()
  const endings = spansOf(provider.getTracer('zds'))
  return async () => {
    for (const end of endings) end()
    await flushed(provider)
  }
}

function providerOf(): BasicTracerProvider {
  const named = resourceFromAttributes({ 'service.name': 'zds' }).merge(detectResources({ detectors: [envDetector] }))
  return new BasicTracerProvider({ resource: named, spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter())] })
}

async function flushed(provider: BasicTracerProvider): Promise<void> {
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => late.reject(new Error(`no answer in ${FLUSH_MS / 1000} s`)), FLUSH_MS)
  const sent = provider.forceFlush().then(() => provider.shutdown())
  await Promise.race([sent, late.promise]).finally(() => clearTimeout(timer))
}

/** A span for each start that is told, and its end; what ends all that comes back. */
function spansOf(tracer: Tracer): (() => void)[] {
  const contexts = new AsyncLocalStorage<Context>()
  const spans = new WeakMap<object, Span>()

  /** What begins in the asynchronous context of another is a part of it. */
  const spanFor = (message: object, { name, kind = SpanKind.INTERNAL, attributes }: Begun): Context => {
    const parent = contexts.getStore() ?? ROOT_CONTEXT
    const span = tracer.startSpan(name, { kind, attributes }, parent)
    spans.set(message, span)
    return trace.setSpan(parent, span)
  }
  const endSpan = (message: { readonly error?: unknown }, attributes: Attributes = {}): void => {
    const span = spans.get(message)
    span?.setAttributes(attributes)
    if (message.error !== undefined) {
      const code = errorCode(message.error)
      span?.setAttribute('error.type', code).setStatus({ code: SpanStatusCode.ERROR, message: code })
    }
    span?.end()
  }
  const begin = (name: string, spanOf: (message: object) => Context): (() => void) => {
    const start = channel(`tracing:${name}:start`)
    start.bindStore(contexts, (message) => spanOf(message as object)) // as a tracing channel publishes it
    return () => void start.unbindStore(contexts)
  }
  const nothing = (): void => undefined
  return [
    // Of each channel comes what docs/logs.md says.
    begin(CHANNELS.run, (message) => spanFor(message, runSpan(message as RunMessage))),
    begin(CHANNELS.stage, (message) => spanFor(message, stageSpan(message as StageMessage))),
    begin(CHANNELS.request, (message) => spanFor(message, requestSpan(message as RequestMessage))),
    follow('run', nothing, (message) => endSpan(message)),
    follow('stage', nothing, (message) => endSpan(message, prefixed(countsOf(message.result)))),
    follow('request', nothing, (message) => endSpan(message, { 'http.response.status_code': statusOf(message) })),
    followWaits(({ ms, because }) => {
      trace
        .getSpan(contexts.getStore() ?? ROOT_CONTEXT)
        ?.addEvent('wait', { 'zds.wait.ms': ms, 'zds.wait.because': because })
    }),
  ]
}

const runSpan = ({ run, part }: RunMessage): Begun => ({
  name: `zds ${part}`,
  attributes: { 'zds.run': run, 'zds.part': part },
})

const stageSpan = ({ stage }: StageMessage): Begun => ({ name: stage, attributes: { 'zds.stage': stage } })

const requestSpan = ({ service, method, route }: RequestMessage): Begun => ({
  name: `${method} ${route}`,
  kind: SpanKind.CLIENT,
  attributes: { 'peer.service': service, 'http.request.method': method, 'url.template': route },
})

const prefixed = (counts: { readonly [word: string]: number }): Attributes =>
  Object.fromEntries(Object.entries(counts).map(([word, value]) => [`zds.${word}`, value]))
