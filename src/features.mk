# Optional libraries, found at build time.
