import { globSync } from 'node:fs'
import { join } from 'node:path'
import { defineConfig } from 'vitepress'

const PAGES = join(import.meta.dirname, '../pages')
const page = (text: string, link: string) => ({ text, link: `/${link}` })

/** Most pages are tables of sentences: they need room, and lines that begin at the top. */
const STYLE = `
  .VPDoc.has-aside .content-container { max-width: 880px !important }
  .VPDoc .aside { max-width: 208px !important; padding-left: 16px !important }
  .vp-doc td { vertical-align: top; min-width: 7.5em; padding: 6px 10px; font-size: 13.5px; line-height: 1.5 }
  .vp-doc td:first-child { min-width: 0 }
  @media (min-width: 960px) { .vp-doc :not(pre) > code { white-space: nowrap } }`

/** The pages that `scripts/site.ts` has put together; a link that leads nowhere ends the build. */
export default defineConfig({
  title: 'zds',
  description: 'Keeps several Zendesk instances in step with Salesforce: declare, plan, apply.',
  head: [['style', {}, STYLE]],
  srcDir: 'pages',
  outDir: 'dist',
  vite: { build: { chunkSizeWarningLimit: 2_000 } },
  markdown: { theme: { light: 'github-light-high-contrast', dark: 'github-dark-high-contrast' } },
  themeConfig: {
    search: { provider: 'local' },
    outline: [2, 3],
    socialLinks: [],
    nav: [page('Begin', 'getting-started'), page('How to', 'how-to'), page('Errors', 'errors'), page('API', 'api/zds')],
    sidebar: [
      {
        text: 'Begin',
        items: [
          page('Install', 'install'),
          page('Getting started', 'getting-started'),
          page('Concepts', 'concepts'),
          page('How to', 'how-to'),
        ],
      },
      {
        text: 'Support',
        items: [
          page('Answers', 'answers'),
          page('Add a field', 'add-a-field'),
          page('Add an instance', 'add-an-instance'),
          page('Test a mapping', 'test-a-mapping'),
          page('Types', 'types'),
          page('An assistant', 'mcp'),
        ],
      },
      {
        text: 'Runs',
        items: [
          page('Pipelines', 'ci'),
          page('Single stages', 'stages'),
          page('Reports', 'report'),
          page('Would it go well', 'doctor'),
          page('Logs and traces', 'logs'),
          page('State', 'state'),
          page('Workers', 'workers'),
          page('From a script', 'run-from-a-script'),
          page('Sandbox', 'sandbox'),
        ],
      },
      {
        text: 'Reference',
        items: [
          page('Configuration', 'configuration'),
          page('Errors', 'errors'),
          page('Rules', 'rules'),
          page('Promises', 'promises'),
          page('Security', 'security'),
          page('Performance', 'performance'),
          page('Services', 'services'),
        ],
      },
      { text: 'Plugins', items: [page('Write a plugin', 'write-a-plugin'), page('Architecture', 'architecture')] },
      {
        text: 'API',
        collapsed: true,
        items: globSync('api/*.md', { cwd: PAGES })
          .map((file) => file.replaceAll('\\', '/').replace(/\.md$/, ''))
          .toSorted()
          .map((file) => page(file.replace('api/', '').replace('zds-', 'zds/'), file)),
      },
    ],
  },
})
