import {
  BadRequestException,
  Catch,
  Inject,
  NotFoundException,
  type ArgumentsHost,
  type ExceptionFilter,
} from "@nestjs/common";
import { HttpAdapterHost } from "@nestjs/core";

/** Responds to unknown and malformed paths. Nest's own responses repeat the path, and a client may have put its key there. */
@Catch(NotFoundException, BadRequestException)
export class ClientErrorFilter implements ExceptionFilter {
  constructor(@Inject(HttpAdapterHost) private readonly adapterHost: HttpAdapterHost) {}

  catch(exception: NotFoundException | BadRequestException, host: ArgumentsHost): void {
    const response: unknown = host.switchToHttp().getResponse();
    const status = exception.getStatus();
    const error = status === 404 ? "There is nothing here." : "The request is malformed.";
    this.adapterHost.httpAdapter.reply(response, { error }, status);
  }
}
