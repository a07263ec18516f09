/**
 * Text with nothing in it that could rewrite a terminal: each such character as JSON escapes it, so
 * that a document is the same to whoever parses it.
 */
export const escapeControls = (text: string): string =>
  text.replaceAll(/[[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]--[\n]]/gv, (found) =>
    Array.from({ length: found.length }, (_, at) => `\\u${found.charCodeAt(at).toString(16).padStart(4, '0')}`).join(
      '',
    ),
  )
