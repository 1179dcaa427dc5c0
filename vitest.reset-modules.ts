import { vi } from "vitest";

// A test file begins with new modules of this repository, although its process has run other files.
vi.resetModules();
