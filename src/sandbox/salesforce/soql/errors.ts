/** A refusal with the code and the text that Salesforce gives. */
export type SoqlError = Error & { readonly errorCode: string }

/** True for an error that is an answer, not a defect. */
export function isSoqlError(error: unknown): error is SoqlError {
  return error instanceof Error && 'errorCode' in error
}

/** A refusal without a place in the query. */
export function soqlError(errorCode: string, message: string): SoqlError {
  return Object.assign(new Error(message), { errorCode })
}

/** A refusal that shows a window of the query with a caret below the word it is about. */
export function errorAt(query: string, word: string, errorCode: string, message: string): SoqlError {
  const escaped = word.replace(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)
  const at = Math.max(0, query.search(new RegExp(`(?<![\\w.])${escaped}(?!\\w)`, 'i')))
  const from = Math.max(0, at - 40)
  const window = query.slice(from, at + 40).replaceAll('\n', ' ')
  return soqlError(errorCode, `\n${window}\n${' '.repeat(at - from)}^\nERROR at Row:1:Column:${at + 1}\n${message}`)
}

/** An unknown field, in the words of the query resource. */
export function noSuchColumn(query: string, column: string, object: string): SoqlError {
  return errorAt(
    query,
    column,
    'INVALID_FIELD',
    `No such column '${column.split('.').at(-1) ?? column}' on entity '${object}'. If you are attempting to use a custom field, be sure to append the '__c' after the custom field name. Please reference your WSDL or the describe call for the appropriate names.`,
  )
}
