// Keys and signed texts by the `jose` library, as asked for line by line on standard input.
import { createInterface } from 'node:readline'
import { CompactSign, UnsecuredJWT, exportJWK, generateKeyPair, importJWK } from 'jose'

const asked = {
  async key({ alg }) {
    const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true })
    return { public: await exportJWK(publicKey), private: { ...(await exportJWK(privateKey)), alg } }
  },
  async sign({ header, payload, key }) {
    const signing = key.kty === 'oct' ? Buffer.from(key.k, 'base64url') : await importJWK(key, header.alg)
    return { text: await new CompactSign(Buffer.from(payload)).setProtectedHeader(header).sign(signing) }
  },
  async none({ payload }) {
    return { text: new UnsecuredJWT(JSON.parse(payload)).encode() }
  },
}

for await (const line of createInterface({ input: process.stdin })) {
  const question = JSON.parse(line)
  try {
    console.log(JSON.stringify(await asked[question.ask](question)))
  } catch (error) {
    console.log(JSON.stringify({ error: String(error) }))
  }
}
