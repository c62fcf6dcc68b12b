// Uploads files with tus-js-client, one job a line of standard input, one answer a line of standard output. Knows
// nothing of Anfang beyond what a stock client is told: an address, headers, metadata.
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { Upload } from 'tus-js-client'

function run(job) {
  const seen = []
  return new Promise((resolve) => {
    const upload = new Upload(readFileSync(job.file), {
      endpoint: job.endpoint,
      uploadUrl: job.uploadUrl ?? null,
      headers: job.headers,
      metadata: job.metadata ?? {},
      chunkSize: job.chunkSize ?? Infinity,
      uploadDataDuringCreation: job.dataDuringCreation ?? false,
      overridePatchMethod: job.overridePatchMethod ?? false,
      retryDelays: Array(200).fill(10),
      onAfterResponse: (request, response) => seen.push(`${request.getMethod()} ${response.getStatus()}`),
      onSuccess: () => resolve({ url: upload.url, seen }),
      onError: (error) => resolve({ error: String(error), url: upload.url, seen }),
    })
    upload.start()
  })
}

for await (const line of createInterface({ input: process.stdin })) {
  console.log(JSON.stringify(await run(JSON.parse(line))))
}
