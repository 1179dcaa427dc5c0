export { addApiKeySecurity, ApiKeySecurity } from "./security.ts";
