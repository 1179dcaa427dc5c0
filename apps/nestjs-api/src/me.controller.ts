import { MeController } from "@keyward/nestjs";
import { Controller } from "@nestjs/common";

/** `GET /v1/me`. It counts in no quota, so that a customer who has used up one can still ask. */
@Controller("v1")
export class V1MeController extends MeController {}
