import { All, Controller, NotFoundException } from "@nestjs/common";

/** Unknown paths require a key too, so that the API cannot be mapped without one. The last of the controllers. */
@Controller()
export class NothingController {
  @All("*")
  nothing() {
    throw new NotFoundException();
  }
}
