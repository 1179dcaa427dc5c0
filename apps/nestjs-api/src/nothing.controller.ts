import { All, Controller, NotFoundException } from "@nestjs/common";

/** Unknown paths ask for a key too, so that nobody can map the API without one. The last of the controllers. */
@Controller()
export class NothingController {
  @All("*")
  nothing() {
    throw new NotFoundException();
  }
}
