import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { clientUrl, snippets } from './snippets.ts'

const url = 'http://127.0.0.1:8002/sse'

test('every JSON form is JSON and names the proxy once', () => {
  for (const name of ['panos', 'with "quotes" and \\']) {
    for (const one of snippets(url, name)) {
      if (one.language === 'json') {
        const [root] = Object.values(JSON.parse(one.text) as Record<string, Record<string, Record<string, string>>>)
        expect(Object.values(root?.[name] ?? {})).toContain(url)
      }
      expect(one.text.split(one.highlight).length, one.form).toBe(2)
    }
  }
})

test('both forms of Windsurf come first, each with the key that it reads', () => {
  const [devin, windsurf] = snippets(url, 'panos')
  expect(devin).toMatchObject({ file: '~/.config/devin/mcp_config.json', highlight: `"url": "${url}"` })
  expect(windsurf).toMatchObject({ file: '~/.codeium/windsurf/mcp_config.json', highlight: `"serverUrl": "${url}"` })
})

test('the transport follows the path', () => {
  const vscode = (address: string) => snippets(address, 'x').find(one => one.client === 'VS Code')?.text ?? ''
  expect(vscode(url)).toContain('"type": "sse"')
  expect(vscode('http://127.0.0.1:8002/mcp')).toContain('"type": "http"')
})

test('the command survives a shell with any name', () => {
  for (const name of ['panos', `it's $(id) "x" \\`, '-rf']) {
    const text = snippets(`${url}?a=1&b='2'`, name).find(one => one.language === 'shell')?.text ?? ''
    const heard = execFileSync('/bin/sh', ['-c', text.replace(/^claude mcp add/, 'printf "%s\\n"')], { encoding: 'utf8' })
    expect(heard.split('\n').slice(0, 4)).toEqual(['--transport', 'sse', name, `${url}?a=1&b='2'`])
  }
})

test("the client's address has the proxy's port and the target's path", () => {
  const listen = { address: '127.0.0.1', port: 8002 }
  expect(clientUrl({ url: 'https://mcp.example.com/v1/mcp?x=1', listen })).toBe('http://127.0.0.1:8002/v1/mcp?x=1')
  expect(clientUrl({ url: 'http://h:1/', listen: { address: '::1', port: 9 } })).toBe('http://[::1]:9')
  expect(clientUrl({ url: 'http://h:1/sse', listen: { address: '0.0.0.0', port: 9 } })).toBe('http://127.0.0.1:9/sse')
})
