interface JSON {
  /** ECMAScript proposal "JSON.parse source text access", in V8 since 11.4: text that `stringify` writes as it is. */
  rawJSON(text: string): object;
}
