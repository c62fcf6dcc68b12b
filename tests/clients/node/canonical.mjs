// The canonical form (RFC 8785) of each JSON text of standard input, by the `canonicalize` library, its SHA-256, and the
// same value as this engine writes it. One line in, one line out.
import { createHash } from 'node:crypto'
import { createInterface } from 'node:readline'
import canonicalize from 'canonicalize'

for await (const line of createInterface({ input: process.stdin })) {
  const value = JSON.parse(line)
  const canonical = canonicalize(value)
  const sha256 = createHash('sha256').update(canonical).digest('hex')
  console.log(JSON.stringify({ canonical, sha256, written: JSON.stringify(value, null, 1) }))
}
