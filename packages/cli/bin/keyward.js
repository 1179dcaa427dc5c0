#!/usr/bin/env node
// Here before it is built, so that package managers can link it.
await import("../dist/main.js");
